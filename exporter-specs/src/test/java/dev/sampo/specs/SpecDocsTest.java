package dev.sampo.specs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import org.junit.jupiter.api.Test;

class SpecDocsTest {
  @Test
  void page_isCurrent() throws IOException {
    Path page = Paths.get(System.getProperty("sampo.home", ".."), "docs", "specs.md");
    if (Boolean.getBoolean("sampo.docs.write")) {
      Files.write(page, SpecDocs.page().getBytes(StandardCharsets.UTF_8));
    }
    assertEquals(
        SpecDocs.page(),
        new String(Files.readAllBytes(page), StandardCharsets.UTF_8),
        "docs/specs.md is not what the specs say; its first lines say how to make it anew");
  }
}
