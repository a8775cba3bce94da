"""Photos and scans that people upload: looked at by a child process, pictures drawn anew without anything hidden."""

from federation.shared.scans.reader import MAX_BYTES, Scan, ScanRefused, read_scan

__all__ = ["MAX_BYTES", "Scan", "ScanRefused", "read_scan"]
