"""Cell styles of a workbook: the same style with Excel's format for text, so that numbers stay."""

import re

XFS = re.compile(r"(<cellXfs\b[^>]*>)(.*?)(</cellXfs>)", re.DOTALL)
XF = re.compile(r"<xf\b[^>]*?/>|<xf\b.*?</xf>", re.DOTALL)
FORMATS = re.compile(r'<numFmt numFmtId="(\d+)" formatCode="([^"]*)"')
TEXT = "49"  # Excel's number for the format `@`


class Styles:
    """xl/styles.xml, to which text twins of its cell styles are added as they are asked for."""

    def __init__(self, xml: str) -> None:
        """Read the cell styles."""
        self._xml = xml
        found = XFS.search(xml)
        self._own = XF.findall(found[2]) if found else []
        self._twins: dict[str, str] = {}
        self._added: list[str] = []

    def as_text(self, style: str) -> str:
        """The number of a style that is as `style`, but text."""
        if not self._own:
            return style
        if style not in self._twins:
            own = self._own[int(style or 0)]
            twin = re.sub(r'\s(?:numFmtId|applyNumberFormat)="[^"]*"', "", own)
            twin = twin.replace("<xf", f'<xf numFmtId="{TEXT}" applyNumberFormat="1"', 1)
            self._twins[style] = str(len(self._own) + len(self._added))
            self._added.append(twin)
        return self._twins[style]

    @property
    def percent(self) -> frozenset[str]:
        """The numbers of the styles that show 0.01 as 1 %."""
        known = {"9", "10"} | {number for number, code in FORMATS.findall(self._xml) if "%" in code}
        formats = [re.search(r'numFmtId="(\d+)"', one) for one in self._own]
        return frozenset(str(n) for n, one in enumerate(formats) if one and one[1] in known)

    @property
    def xml(self) -> str:
        """The part with the twins added."""
        count = len(self._own) + len(self._added)

        def grown(found: re.Match[str]) -> str:
            opened = re.sub(r'\bcount="\d+"', f'count="{count}"', found[1])
            return opened + found[2] + "".join(self._added) + found[3]

        return XFS.sub(grown, self._xml, count=1) if self._added else self._xml
