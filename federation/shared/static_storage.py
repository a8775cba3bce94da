"""Static files under names with their digest, compressed once."""

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class GzippedManifestStorage(CompressedManifestStaticFilesStorage):
    """Without brotli, which comes along with the printing of PDF: compressing with it takes seventeen seconds."""

    def create_compressor(self, **kwargs):
        return Compressor(**{**kwargs, "use_brotli": False})
