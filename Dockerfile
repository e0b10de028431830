# syntax=docker/dockerfile:1
#
# The image holds the program, the four libraries that it is linked with, the certificates to trust
# and a user without rights: no shell, no package manager. `deploy/image/rootfs.sh` lists it.
#
#   docker build -t bailiff .
#   docker run --read-only --cap-drop ALL -p 127.0.0.1:9191:9191 -v "$PWD/policy.yaml:/etc/bailiff/policy.yaml:ro" \
#     -e CLERK_PUBLISHABLE_KEY -e BAILIFF_POLICY=/etc/bailiff/policy.yaml -e BAILIFF_GRPC=0.0.0.0:9191 bailiff
#
# In production name the builder by its digest as well: `rust:1.95-slim-bookworm@sha256:...`.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock build.rs ./
COPY benches benches
COPY deploy/envoy deploy/envoy
COPY deploy/image deploy/image
COPY deploy/policy.yaml deploy/policy.yaml
COPY proto proto
COPY src src
# What is downloaded and compiled is kept from one build to the next, so it is copied out of the cache.
# Addresses that the loader fills in are packed: a megabyte less, and the loader here knows how to read them.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo rustc --locked --profile dist --bin bailiff -- -C link-arg=-Wl,-z,pack-relative-relocs \
    && sh deploy/image/rootfs.sh target/dist/bailiff /image

FROM scratch
COPY --from=build /image/ /
# By number, so that Kubernetes can tell that it is not root.
USER 65532:65532
# Health checks of Docker and Compose; Kubernetes has its own. Another address needs another command.
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD ["/usr/local/bin/bailiff", "healthcheck"]
# Takes SIGTERM: says that it is leaving for two seconds, then finishes calls for up to ten.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/bailiff"]
CMD ["serve"]
LABEL org.opencontainers.image.title="bailiff" \
      org.opencontainers.image.description="The authorization sidecar for Clerk" \
      org.opencontainers.image.licenses="Apache-2.0"
