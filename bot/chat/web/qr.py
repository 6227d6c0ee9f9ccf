"""A text as a QR code, for the camera of a phone."""

from __future__ import annotations


def picture(text: str) -> str:
    """The code as an SVG picture, in a data: address: it is in no file and at no address of ours.

    Black on white whatever the page's colours are, with the quiet zone of four modules that scanners need.
    """
    import segno  # noqa: PLC0415 - most chats never show one

    code = segno.make(text, error="m", micro=False)
    return code.svg_data_uri(
        border=4, dark="#000", light="#fff", omitsize=True, xmldecl=False, svgclass=None, lineclass=None
    )
