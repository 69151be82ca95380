# The application image: web server, workers, scheduler and one-off commands are all started from it.

FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements.txt /tmp/requirements.txt
RUN /venv/bin/pip install --require-hashes -r /tmp/requirements.txt
WORKDIR /app
COPY . .
# Settings want two keys and two addresses; these live for one command and reach neither layer nor server. Left out are script collections of
# packages that no page uses.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(48))')" CREDENTIALS_KEYS=unused ANSWER_KEYS=unused \
    DATABASE_URL=postgresql://nobody@nowhere.invalid/none REDIS_URL=redis://nowhere.invalid \
    /venv/bin/python manage.py collectstatic --noinput --ignore ext --ignore drf_spectacular_sidecar

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 TAKEDOWN_VAR=/tmp/takedown
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
# Where the journal of what left is mounted, in the service that sends.
RUN install -d -o 10001 -g 10001 -m 700 /journal
# Nothing else in the image belongs to this user, so nothing in it can be changed by it. A number, so that `runAsNonRoot` can tell.
USER 10001:10001
EXPOSE 8000
# Whether the process answers, and nothing else: a database that is away is no reason to start web servers again. Services that are not the
# web server have checks of their own in docker-compose.yml.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
CMD ["gunicorn", "takedown.wsgi", "--config", "python:takedown.gunicorn", "--bind", "0.0.0.0:8000"]
