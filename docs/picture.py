"""Draw the front of the README from a stored study: `python docs/picture.py URL`.

The study is the demo's (`make demo`); kaleido draws it with the Chromium that is installed.
"""

import sys
from pathlib import Path

from paretocaps import load_front
from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.report.figures import front_2d
from paretocaps.service import finished_trials

PICTURE = Path(__file__).parent / "images" / "front.png"
WIDTH, HEIGHT = 860, 460


def main() -> None:
    """Draw accuracy over training time: the figure of the report, without its buttons."""
    storage = sys.argv[1] if len(sys.argv) > 1 else DEFAULT_STORAGE
    front = load_front("demo", storage, require=["acc>=0.9"])
    figure = front_2d(front, finished_trials("demo", storage), x=1, y=0)
    title = "The front of the demo: accuracy over training time"
    figure.update_layout(title_text=title, updatemenus=[], margin={"t": 85})
    figure.write_image(PICTURE, width=WIDTH, height=HEIGHT, scale=1.5)
    print(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
