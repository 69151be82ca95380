"""Typst: data onto paper as PDF, drawings as PNG, with fonts that come with the packages."""

import json
import tempfile
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import noto_cjk_sans_otc
import typst
from django.conf import settings
from pymupdf_fonts import FiraGO_Bold, FiraGO_Regular

DOTS = 192
"""Two pixels for each user unit of a drawing, of which there are 96 to the inch: sharp on paper and on fine screens."""
SHEET = b"""#set page(width: auto, height: auto, margin: 0pt)
#set text(font: "FiraGO")
#image(bytes(sys.inputs.drawing), format: "svg")"""


def pdf(source: Path, data: Any, at: datetime) -> bytes:
    """The paper that `source` makes of `data`, which it reads as JSON and sets as text, never as markup. `at`: the file's date."""
    inputs = {"data": json.dumps(data)}
    return typst.compile(source.read_bytes(), font_paths=_fonts(), format="pdf", sys_inputs=inputs, timestamp=at.replace(microsecond=0))


def png(drawing: str) -> bytes:
    """An SVG document as PNG, `DOTS` to the inch. Families that are not there are replaced by FiraGO."""
    return typst.compile(SHEET, font_paths=_fonts(), format="png", ppi=DOTS, sys_inputs={"drawing": drawing})


@cache
def _folder() -> "tempfile.TemporaryDirectory[str]":
    """FiraGO as files: its package holds them as values. Removed when the process ends."""
    folder = tempfile.TemporaryDirectory(prefix="takedown-fonts-")
    for name, font in (("regular", FiraGO_Regular), ("bold", FiraGO_Bold)):
        (Path(folder.name) / f"{name}.ttf").write_bytes(font.fontbuffer)
    return folder


@cache
def _fonts() -> typst.Fonts:
    """Those of the packages and of the administrator; never those that happen to be on the machine."""
    folders = [_folder().name, str(Path(str(noto_cjk_sans_otc.FONT_PATH)).parent), *([settings.FONTS_DIR] if settings.FONTS_DIR else [])]
    return typst.Fonts(include_system_fonts=False, font_paths=folders)
