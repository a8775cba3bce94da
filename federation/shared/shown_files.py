"""Sealed files as an answer to who may see them now."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

# Drawn by no program of the reader's that could run what is in it.
LOCKED = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox"


def file_response(data: bytes, content_type: str, filename: str) -> HttpResponse:
    """Bytes that somebody may see now: a picture shown, anything else handed over; kept by nobody on the way."""
    response = HttpResponse(data, content_type=content_type)
    is_picture = content_type == "image/jpeg"
    response["Content-Disposition"] = content_disposition_header(as_attachment=not is_picture, filename=filename)
    response["Content-Security-Policy"] = LOCKED
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store, private"
    return response
