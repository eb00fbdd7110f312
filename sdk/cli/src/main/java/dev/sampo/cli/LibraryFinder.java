package dev.sampo.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Looks for shared libraries where the dynamic linker of Linux would, without loading them. */
final class LibraryFinder {
  private static final String[] USUAL_FOLDERS = {
    "/usr/local/cuda/lib64",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib"
  };

  private LibraryFinder() {}

  /** Files whose names start with {@code stem}, such as {@code libcudnn.so}, in the linker's order of search. */
  static List<Path> find(String stem) {
    List<Path> found = new ArrayList<>();
    for (Path folder : folders()) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, stem + "*")) {
        files.forEach(found::add);
      } catch (IOException e) {
        continue; // A folder that cannot be listed cannot be loaded from either.
      }
    }
    return found;
  }

  private static List<Path> folders() {
    List<Path> folders = new ArrayList<>();
    String path = System.getenv("LD_LIBRARY_PATH");
    if (path != null) {
      for (String part : path.split(":")) {
        if (!part.isEmpty()) {
          folders.add(Path.of(part));
        }
      }
    }
    for (String usual : USUAL_FOLDERS) {
      folders.add(Path.of(usual));
    }
    folders.removeIf(folder -> !Files.isDirectory(folder));
    return folders;
  }

  /** The first line that a program prints, or an empty text where there is no such program or it fails. */
  static String firstLineOf(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      try (BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        String line = reader.readLine();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
          process.destroyForcibly();
          return "";
        }
        return process.exitValue() == 0 && line != null ? line.trim() : "";
      }
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }
}
