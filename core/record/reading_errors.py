"""What a file may be at most, and how to say in a person's words why it cannot be read."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest file that is read; `decoded` is the memory an XLSX workbook may take once it is open."""

    size: int = 100 * MB
    rows: int = 500_000
    columns: int = 500
    members: int = 2_000
    unpacked: int = 300 * MB
    ratio: int = 200
    decoded: int = 250 * MB


class UnreadableFile(Exception):
    """The file cannot be read; the text is for the person who gave it, `code` for programs."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def __str__(self) -> str:
        return str(MESSAGES[self.code]) % self.values


MESSAGES: dict[str, str | Promise] = {
    "empty": _("The file is empty."),
    "only_headers": _("The file has headings but no rows."),
    "too_large": _("The file is larger than %(limit)d MB. Split it and import the parts."),
    "too_many_rows": _("The file has more than %(limit)d rows. Split it and import the parts."),
    "too_many_columns": _("The file has %(count)d columns; at most %(limit)d can be read."),
    "long_line": _("Line %(line)d is too long for a table. Is this a CSV file?"),
    "long_cell": _("A cell in line %(line)d is too long. Is a closing quotation mark missing there?"),
    "open_quote": _("The quotation mark opened in line %(line)d is never closed."),
    "undecodable": _("Line %(line)d cannot be read as %(encoding)s. Save the file as CSV UTF-8 and try again."),
    "nul": _("Line %(line)d has characters that cannot stand in a text file. Save the file as CSV UTF-8 and try again."),
    "binary": _("This is not a table. CSV and XLSX files can be read."),
    "changed": _("The file could not be read to its end. Please upload it again."),
    "old_excel": _("This is an old Excel file (.xls). Open it in Excel and save it as .xlsx or CSV."),
    "protected": _("The workbook is protected by a password. Save it without a password and try again."),
    "binary_excel": _("This is a binary Excel file (.xlsb). Open it in Excel and save it as .xlsx or CSV."),
    "open_document": _("This is an OpenDocument file. Save it as .xlsx or CSV and try again."),
    "document": _("This is a text document or a presentation, not a table. Save the table as .xlsx or CSV."),
    "archive": _("This is a packed archive. Unpack it and upload the CSV or XLSX file inside."),
    "pdf": _("This is a PDF file. Export the table as CSV or XLSX and try again."),
    "image": _("This is a picture, not a table. CSV and XLSX files can be read."),
    "web_page": _("This is a web page or an XML file, not a table. Export the table as CSV or XLSX."),
    "json": _("This is a JSON file, not a table. Export the table as CSV or XLSX."),
    "broken_workbook": _("The Excel file is damaged. Open it in Excel, save it again and try once more."),
    "bomb": _("The Excel file is much larger inside than it looks and was not opened."),
    "too_large_workbook": _("The workbook is too large to be opened. Save it as CSV and import that."),
    "no_sheet": _("The workbook has no sheet “%(sheet)s”."),
}
