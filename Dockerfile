# One image for pages, workers and scheduler; what a container does is its command (see docker-compose.yml).
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/base.txt

FROM python:3.11-slim-bookworm
# Pango and a Chinese font lay out what is printed as PDF.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig fonts-noto-cjk \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin federation \
 && install -d -o federation -g federation -m 700 /data
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=federation.settings \
    FEDERATION_DATA_DIR=/data
COPY --from=build /venv /venv
WORKDIR /app
COPY manage.py gunicorn.conf.py ./
COPY federation federation
COPY orgs orgs
COPY accounts accounts
COPY committees committees
COPY ledgers ledgers
COPY assessments assessments
COPY campaigns campaigns
COPY templates templates
COPY static static
USER federation
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "--workers", "4", "federation.wsgi:application"]
