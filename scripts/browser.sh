#!/usr/bin/env bash
# Chromium with its driver, for the browser test, where apt can install it; the test is skipped
# without, so nothing here is an error.
set -u

found() {
    command -v chromedriver > /dev/null &&
        { command -v chromium || command -v chromium-browser || command -v google-chrome; } > /dev/null
}

found && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    timeout 120 apt-get update -qq > /dev/null 2>&1
    timeout 600 apt-get install -y -qq --no-install-recommends chromium chromium-driver > /dev/null 2>&1
fi
found || echo "No Chromium with chromedriver here: the browser test will be skipped."
exit 0
