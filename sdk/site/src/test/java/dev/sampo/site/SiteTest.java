package dev.sampo.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The site of this repository, and small ones with what must not happen. */
class SiteTest {
  private static final Path HOME = Path.of(System.getProperty("sampo.home", ".."));

  @TempDir Path folder;

  @Test
  void site_whenMadeOfTheDocuments_thenEveryLinkLeadsSomewhere() throws Exception {
    int pages = Site.make(HOME, folder, null);
    assertTrue(pages > 60, pages + " pages");
    assertEquals(List.of(), LinkCheck.broken(folder));
    String gan = Files.readString(folder.resolve("families/gan.html"));
    assertTrue(gan.contains("src=\"../images/gallery/gan.png\""), "the picture of the page");
    assertTrue(
        gan.contains("href=\"../families/gan.html\" aria-current=\"page\""), gan.substring(0, 800));
    assertTrue(Files.size(folder.resolve("images/gallery/gan.png")) > 1000);
  }

  @Test
  void check_whenFilePlaceOrPictureIsMissing_thenEachIsNamed() throws Exception {
    Path home = home("# Top\n\n[other](other.md#other)\n");
    Files.writeString(
        home.resolve("docs/other.md"),
        "# Other\n\n[a](no.md) [b](#nowhere) [c](#other) ![d](no.png) [e](README.md#bottom)\n");
    Path out = folder.resolve("out");
    Site.make(home, out, null);
    assertEquals(
        List.of(
            "other.html: #nowhere",
            "other.html: index.html#bottom",
            "other.html: no.md",
            "other.html: no.png"),
        LinkCheck.broken(out).stream().sorted().toList());
  }

  @Test
  void page_whenItNamesFilesAndTypes_thenBothAreThere() throws Exception {
    Path home =
        home("# Top\n\n[code](../Code.java), [folder](../sdk) and `Shape`, `Shape.of`, `Twice`\n");
    Files.writeString(home.resolve("Code.java"), "class Code<T> {}\n");
    Files.createDirectories(home.resolve("sdk/inner"));
    Path javadoc = Files.createDirectories(folder.resolve("javadoc/dev/sampo/runtime"));
    Files.writeString(javadoc.resolve("Shape.html"), "<p>Shape</p>");
    Files.writeString(javadoc.resolve("Twice.html"), "");
    Path second = Files.createDirectories(folder.resolve("javadoc/dev/sampo/other"));
    Files.writeString(second.resolve("Twice.html"), "");
    Files.writeString(folder.resolve("javadoc/index.html"), "");
    Path out = folder.resolve("out");
    Site.make(home, out, folder.resolve("javadoc"));
    assertEquals(List.of(), LinkCheck.broken(out));
    String top = Files.readString(out.resolve("index.html"));
    assertTrue(
        top.contains("<a href=\"javadoc/dev/sampo/runtime/Shape.html\"><code>Shape.of</code></a>"),
        top);
    assertFalse(top.contains("Twice.html"), "a name of two types leads nowhere");
    assertTrue(Files.readString(out.resolve("source/Code.java.html")).contains("Code&lt;T&gt;"));
    assertTrue(Files.readString(out.resolve("source/sdk.html")).contains("inner/"));
  }

  private Path home(String text) throws Exception {
    Path docs = Files.createDirectories(folder.resolve("home/docs/families"));
    Files.writeString(docs.resolve("README.md"), "# Families\n");
    Files.writeString(docs.resolveSibling("README.md"), text);
    return folder.resolve("home");
  }
}
