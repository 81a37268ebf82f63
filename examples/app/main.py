"""A small web app on stylesim: photographs in, gaps and picks out, on this computer only.

    python examples/app/main.py [--port 8000] [--catalog products.csv]

Then open the address that it prints. Needs `pip install 'stylesim[app]'`.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def main() -> None:
    """Serve the app until it is interrupted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8000, help="0 takes any free one")
    parser.add_argument(
        "--catalog", type=Path, help="CSV file of products; drawn sample products without it"
    )
    args = parser.parse_args()
    if not 0 <= args.port <= 65_535:
        parser.error(f"--port: expected a number in 0 to 65535, got {args.port}")

    try:  # here, so that --help needs no more than Python
        import stylesim as ss
        from stylesim_app.server import create_app, serve
    except ImportError as error:
        parser.exit(1, f"The app needs more packages: pip install 'stylesim[app]' ({error})\n")

    try:
        catalog = None if args.catalog is None else ss.CatalogProvider.from_csv(args.catalog)
    except ss.StyleSimError as error:
        parser.error(f"--catalog: {error}")
    try:
        serve(create_app(catalog=catalog), port=args.port)
    except OSError as error:
        parser.exit(1, f"Port {args.port} cannot be used ({error.strerror}); pass --port 0\n")


if __name__ == "__main__":
    main()
