"""Charts in the overlap workbook: how much of each form is held, and forms × items in colours."""

import io
from typing import Any

from openpyxl.utils import get_column_letter

GREEN, PALE, RED = "2A7F62", "E8F2EE", "F4C7C3"


def with_charts(content: bytes, forms: int, matrix: tuple[int, int]) -> bytes:
    """Add a bar chart to 各表, and a scale of colours to 表与项目.

    Args:
        content: The workbook.
        forms: How many rows 各表 has.
        matrix: Rows and columns of shares in 表与项目.
    """
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content))
    if forms:
        _bars(book["各表"], forms)
    if all(matrix):
        _colours(book["表与项目"], *matrix)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _bars(sheet: Any, forms: int) -> None:  # noqa: ANN401 (openpyxl is untyped)
    from openpyxl.chart import BarChart, Reference

    chart = BarChart()
    chart.type, chart.style, chart.title = "bar", 10, "各表已有占比"
    chart.add_data(Reference(sheet, min_col=5, min_row=1, max_row=forms + 1), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=forms + 1))
    chart.y_axis.scaling.min, chart.y_axis.scaling.max = 0, 1
    chart.y_axis.number_format, chart.legend = "0%", None
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.tickLblSkip = 1
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.series[0].graphicalProperties.solidFill = GREEN
    chart.gapWidth, chart.width, chart.height = 40, 22, max(8, 0.55 * forms)
    sheet.add_chart(chart, "H2")
    for row in range(2, forms + 2):
        sheet.cell(row, 5).number_format = "0%"


def _colours(sheet: Any, rows: int, columns: int) -> None:  # noqa: ANN401 (as above)
    from openpyxl.formatting.rule import ColorScaleRule, FormulaRule
    from openpyxl.styles import Alignment, PatternFill

    area = f"B2:{get_column_letter(columns + 1)}{rows + 1}"
    none = PatternFill(start_color=RED, end_color=RED, fill_type="solid")
    sheet.conditional_formatting.add(
        area, FormulaRule(formula=["AND(ISNUMBER(B2),B2=0)"], fill=none, stopIfTrue=True)
    )
    sheet.conditional_formatting.add(
        area,
        ColorScaleRule(start_type="num", start_value=0, start_color=PALE, end_type="num",
                       end_value=1, end_color=GREEN),
    )  # fmt: skip
    for row in sheet[area]:
        for cell in row:
            cell.number_format = "0%"
    sheet.freeze_panes = "B2"
    sheet.row_dimensions[1].height = 150
    for column in range(2, columns + 2):
        sheet.cell(1, column).alignment = Alignment(textRotation=90, vertical="bottom")
        sheet.column_dimensions[get_column_letter(column)].width = 6
