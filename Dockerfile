# docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" zapi-sync plan
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY schemas schemas
COPY zapi_sync zapi_sync
RUN python -m venv /opt/zapi-sync && /opt/zapi-sync/bin/pip install --no-cache-dir --no-compile .

FROM python:3.13-slim
COPY --from=build /opt/zapi-sync /opt/zapi-sync
ENV PATH=/opt/zapi-sync/bin:$PATH PYTHONDONTWRITEBYTECODE=1
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["zapi-sync"]
