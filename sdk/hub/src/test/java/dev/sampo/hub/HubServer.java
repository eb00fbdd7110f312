package dev.sampo.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Serves a folder as the repository {@code org/model} until the process is ended: for {@code scripts/hub-offline-demo}. */
final class HubServer {
  private HubServer() {}

  /** Prints the endpoint; the one argument is the folder. Files from 100,000 bytes on lie on the second host, as LFS files do. */
  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    FakeHub hub = new FakeHub();
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> all = files.filter(Files::isRegularFile).sorted().toList();
      for (Path file : all) {
        byte[] content = Files.readAllBytes(file);
        hub.put(
            folder.relativize(file).toString().replace('\\', '/'),
            content,
            content.length >= 100_000);
      }
    }
    System.out.println(hub.config(folder).endpoint());
  }
}
