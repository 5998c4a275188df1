# syntax=docker/dockerfile:1

# The build runs on the builder's own platform and compiles for the wanted one: linux/amd64 and linux/arm64 are tested.
FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
ARG TARGETOS TARGETARCH
ARG VERSION=dev
ARG COMMIT=unknown
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION -X main.revision=$COMMIT" -o /out/tvscim ./cmd/tvscim && mkdir /out/data

# Nothing but the binary and the certificates with which it knows TeamViewer: no shell,
# no package manager, no other user.
FROM scratch
ARG VERSION=dev
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="tvscim" \
      org.opencontainers.image.description="SCIM 2.0 gateway to the TeamViewer Web API" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$COMMIT"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/tvscim /tvscim
# For store.path: a new volume that is mounted here belongs to the user below.
COPY --from=build --chown=65532:65532 /out/data /data
# Inside a container loopback reaches nobody. These win over a mounted settings file.
ENV TVSCIM_LISTEN=0.0.0.0:8080 \
    TVSCIM_ADMIN_LISTEN=0.0.0.0:9090
USER 65532:65532
EXPOSE 8080 9090
# /readyz of the admin listener: also 200 while TeamViewer is down, since a restart would not help.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/tvscim", "health", "--timeout", "4s"]
ENTRYPOINT ["/tvscim"]
CMD ["serve"]
