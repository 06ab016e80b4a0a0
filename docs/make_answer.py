"""Write docs/answer.png, the README's picture: the last picture of study 02, as its notebook holds it."""

import base64
import json
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Copy the picture."""
    notebook = json.loads((ROOT / "notebooks" / "02_which_metric_predicts.ipynb").read_text(encoding="utf-8"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    pictures = [output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    (ROOT / "docs" / "answer.png").write_bytes(base64.b64decode(pictures[-1]))


if __name__ == "__main__":
    main()
