# Sampo's command line with the models that ship, on a small Java, as a user without rights.
#   docker build -t sampo .
#   docker run --rm sampo text scripture-gpt --prompt "In the beginning"
#   docker run --rm -v "$PWD/out:/out" --user "$(id -u)" sampo demo --out /out
#   docker run --rm -p 8080:8080 -v "$PWD/keys:/keys:ro" sampo serve scripture-gpt --host 0.0.0.0 --port 8080 --api-key-file /keys
# Not built by the project's own build: it has no engine. scripts/check-packages runs the same steps in a folder.

FROM eclipse-temurin:17-jdk-jammy AS build
WORKDIR /src
COPY . .
RUN scripts/image-root /opt/sampo

FROM debian:12-slim
# ONNX Runtime wants the C++ library; plots want a font.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libstdc++6 fontconfig fonts-dejavu-core ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 sampo
COPY --from=build /opt/sampo /opt/sampo
USER 10001
WORKDIR /home/sampo
EXPOSE 8080
ENTRYPOINT ["/opt/sampo/bin/sampo"]
CMD ["--help"]
