"""Write src/digits-data.mjs: the first 300 images of scikit-learn's bundled digits, one letter a pixel ('a' = 0 … 'q' = 16).

Usage: python widgets/make_digits.py [--check]
"""

import sys
from pathlib import Path

from sklearn.datasets import load_digits

TARGET = Path(__file__).parent / "src" / "digits-data.mjs"
COUNT = 300


def module_text() -> str:
    """The whole module as text: 64 letters a line, then the labels."""
    images, labels = load_digits(return_X_y=True)
    rows = ["".join(chr(ord("a") + int(pixel)) for pixel in image) for image in images[:COUNT]]
    return (
        "// @ts-check\n"
        '// Written by make_digits.py; do not edit. Source: the test set of "Optical Recognition of Handwritten Digits"\n'
        "// (E. Alpaydin, C. Kaynak, 1998, UCI Machine Learning Repository, CC BY 4.0), as bundled with scikit-learn.\n"
        f'export const DIGIT_LABELS = "{"".join(str(label) for label in labels[:COUNT])}";\n'
        "export const DIGIT_PIXELS = [\n" + "".join(f'  "{row}",\n' for row in rows) + '].join("");\n'
    )


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(
            0
            if TARGET.read_text() == module_text()
            else f"{TARGET} differs from what make_digits.py writes; run it again."
        )
    TARGET.write_text(module_text())
    print(f"wrote {TARGET}")
