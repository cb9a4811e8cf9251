"""Works out the space of bundled vocabularies and ships it beside their weights, so that nobody waits for it.

python -m models.recipes.projection                 all of them
python -m models.recipes.projection stories-gpt     some
"""

from __future__ import annotations

import argparse

from models.catalog import CATALOG, WEIGHTS
from models.run import table
from models.space import save


def main() -> None:
    """Run again whenever weights were trained anew; the file says which table it belongs to."""
    bundled = [entry.name for entry in CATALOG if entry.hub is None]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(bundled))
    for name in parser.parse_args().names or bundled:
        made = save(WEIGHTS / name, table(name))
        shares = ", ".join(f"{share:.1%}" for share in made.share)
        print(f"{name}: {len(made.points):,} tokens; the axes hold {shares} of the variance")


if __name__ == "__main__":
    main()
