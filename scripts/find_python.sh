#!/usr/bin/env bash
# Print a Python that can make the environment: 3.11 or newer, with venv and pip inside.
# Usage: find_python.sh [PYTHON]   (a Python you name is taken, or refused with the reason)
set -u

fits() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

if [ $# -gt 0 ]; then
    fits "$1" && { echo "$1"; exit 0; }
    echo "PYTHON=$1 cannot be used: it must run, be 3.11 or newer, and have the venv module." >&2
    exit 1
fi

for python in python3.11 python3.12 python3.13 python3 python3.14 python; do
    fits "$python" && { echo "$python"; exit 0; }
done

printf '%s\n' >&2 \
    "No usable Python found: stylesim needs Python 3.11 or newer with the venv module." \
    "  Debian, Ubuntu:  sudo apt-get install python3 python3-venv" \
    "  macOS:           brew install python@3.12" \
    "  elsewhere:       install Python from its own site" \
    "Then run make again, or name one yourself: make test PYTHON=/path/to/python3.12"
exit 1
