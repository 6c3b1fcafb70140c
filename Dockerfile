# syntax=docker/dockerfile:1
# One image for web, worker and scheduler; docker-compose.yml says which of them a container is.
FROM python:3.12-slim AS packages
COPY requirements/run.txt /run.txt
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /run.txt

FROM python:3.12-slim
RUN useradd --create-home --uid 1000 enishi \
 && install -d -o enishi -g enishi /app /data
COPY --from=packages /venv /venv
WORKDIR /app
COPY --chown=enishi:enishi . .
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ENISHI_ENV=production \
    ENISHI_VAR=/data \
    STATIC_ROOT=/app/staticfiles
USER enishi
# Settings of the build alone: nothing of them stays in the image, and no database is asked.
RUN export SECRET_KEY=build FIELD_KEYS=ZW5pc2hpLXRlc3Qta2V5LW9ubHktMzItYnl0ZXMtISE= ALLOWED_HOSTS=localhost \
 && python manage.py messages --compile \
 && python manage.py collectstatic --no-input
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", \
     "--preload", "--max-requests", "5000", "--max-requests-jitter", "500", "--keep-alive", "5", "--no-control-socket"]
