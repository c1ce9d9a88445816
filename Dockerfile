# syntax=docker/dockerfile:1
# Two images: `app` runs every role (saywhen run api|scheduler|worker|bots), `frontend` serves the dashboard with nginx.
# docker-compose.yml builds and wires both.

ARG PYTHON=3.13
ARG NGINX=1.29

FROM python:${PYTHON}-slim-bookworm AS python
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

# What the product needs to run, by hash, and nothing of what only builds or tests it.
FROM python AS packages
WORKDIR /build
COPY requirements.lock ops/image.lock ./
RUN python -m venv /opt/saywhen && python -m venv /opt/uv \
    && sed -n '/^uv==/,/[^\\]$/p' requirements.lock > uv.lock \
    && /opt/uv/bin/python -m pip --disable-pip-version-check install --no-cache-dir -qq --require-hashes -r uv.lock \
    && /opt/uv/bin/uv pip sync --no-cache --quiet --python /opt/saywhen/bin/python --require-hashes --compile-bytecode \
        image.lock

# The dashboard, made as `make web` makes it: types from the API's own document, Node from a Python package.
FROM python AS dashboard
# hadolint ignore=DL3008
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
RUN make setup && test -f web/dist/index.html

FROM python AS app
RUN useradd --system --uid 10001 --home-dir /var/lib/saywhen --create-home --shell /usr/sbin/nologin saywhen \
    && install -d -o 10001 -m 0700 /var/lib/saywhen-keys
COPY --from=packages /opt/saywhen /opt/saywhen
WORKDIR /srv/saywhen
COPY core core
COPY bots bots
COPY scheduler scheduler
COPY api api
COPY cli cli
COPY migrations migrations
ENV PATH=/opt/saywhen/bin:$PATH PYTHONPATH=/srv/saywhen SAYWHEN_HOME=/var/lib/saywhen/state SAYWHEN_ALIVE_FILE=/tmp/alive
RUN python -m compileall -q core bots scheduler api cli migrations
USER 10001
# The loop of every role touches the file each 5 s; one that hangs is seen within 30 s.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["sh", "-c", "test $(( $(date +%s) - $(stat -c %Y /tmp/alive) )) -lt 30"]
ENTRYPOINT ["python", "-m", "cli"]
CMD ["--help"]

FROM nginxinc/nginx-unprivileged:${NGINX}-alpine AS frontend
COPY ops/nginx.conf /etc/nginx/nginx.conf
COPY ops/places.conf.template /etc/nginx/templates/places.conf.template
ENV REACT_APP_API_URL="" REACT_APP_WS_URL="" NGINX_ENVSUBST_OUTPUT_DIR=/tmp NGINX_ENVSUBST_FILTER=^REACT_APP_
COPY --from=dashboard /build/web/dist /usr/share/nginx/html
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
    CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/health/frontend"]
