package dev.sampo.site;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Makes the site: begins with {@code docs/README.md} and every page beside it, and follows their links. Markdown becomes a page, a picture is copied, any other
 * file becomes a page of its text, and a folder its README or a list. So whatever a page names is there, without a server and without a repository on the web.
 *
 * <p>Usage: {@code java dev.sampo.site.Site HOME OUT [JAVADOC]}. JAVADOC is a folder that the javadoc tool has written; it is copied beside the pages, and names of
 * types in them lead there.
 */
public final class Site {
  private static final Set<String> PICTURES = Set.of("png", "gif", "svg", "jpg");

  private final Path home;
  private final Path out;
  private final JavadocIndex javadoc;
  private final Deque<Path> waiting = new ArrayDeque<>();
  private final Set<Path> known = new TreeSet<>();
  private final Map<Path, Path> copies = new TreeMap<>();

  private Site(Path home, Path out, JavadocIndex javadoc) {
    this.home = home;
    this.out = out;
    this.javadoc = javadoc;
  }

  /** Makes the site and ends with an error where a link leads nowhere. */
  public static void main(String[] args) throws IOException {
    if (args.length < 2 || args.length > 3) {
      throw new IllegalArgumentException("Usage: Site HOME OUT [JAVADOC]");
    }
    Path out = Path.of(args[1]).toAbsolutePath().normalize();
    int pages = make(Path.of(args[0]), out, args.length == 3 ? Path.of(args[2]) : null);
    List<String> broken = LinkCheck.broken(out);
    broken.forEach(System.err::println);
    if (!broken.isEmpty()) {
      throw new IllegalStateException(broken.size() + " links lead nowhere");
    }
    System.out.println(pages + " pages, every link leads somewhere: " + out.resolve("index.html"));
  }

  /**
   * Writes the pages.
   *
   * @param home the repository
   * @param out where to write; what is there stays
   * @param javadoc what the javadoc tool has written, or null
   * @return how many pages were written
   */
  static int make(Path home, Path out, @Nullable Path javadoc) throws IOException {
    Path root = home.toAbsolutePath().normalize();
    Site site = new Site(root, out, JavadocIndex.of(javadoc));
    return site.write();
  }

  private int write() throws IOException {
    Files.createDirectories(out);
    Navigation navigation = Navigation.read(home.resolve("docs"));
    try (var files = Files.walk(home.resolve("docs"))) {
      files.filter(f -> f.toString().endsWith(".md")).forEach(this::want);
    }
    int pages = 0;
    while (!waiting.isEmpty()) {
      Path file = waiting.remove();
      Path target = target(file);
      String top = "../".repeat(target.getNameCount() - 1);
      Page page = Page.of(file, top, this::resolve, javadoc);
      Files.createDirectories(parent(out.resolve(target)));
      Files.writeString(
          out.resolve(target), Layout.html(page, target, navigation, javadoc.found()));
      pages++;
    }
    for (Map.Entry<Path, Path> copy : copies.entrySet()) {
      Files.createDirectories(parent(copy.getValue()));
      Files.write(copy.getValue(), Files.readAllBytes(copy.getKey()));
    }
    try (InputStream css = Site.class.getResourceAsStream("site.css")) {
      if (css == null) {
        throw new IOException("site.css is missing beside " + Site.class.getName());
      }
      Files.write(out.resolve("site.css"), css.readAllBytes());
    }
    javadoc.copyTo(out.resolve("javadoc"));
    return pages;
  }

  private void want(Path file) {
    if (known.add(file)) {
      waiting.add(file);
    }
  }

  /** The link of a page as the site has it: addresses of the web stay, files are asked for. */
  private String resolve(Path from, String link) {
    if (link.contains("://") || link.startsWith("#") || link.startsWith("mailto:")) {
      return link;
    }
    int hash = link.indexOf('#');
    String fragment = hash < 0 ? "" : link.substring(hash);
    Path file = parent(from).resolve(hash < 0 ? link : link.substring(0, hash)).normalize();
    if (!file.startsWith(home) || !Files.exists(file)) {
      return link; // the check finds it
    }
    if (Files.isDirectory(file) && Files.isRegularFile(file.resolve("README.md"))) {
      file = file.resolve("README.md");
    }
    Path target = target(file);
    if (PICTURES.contains(extension(file))) {
      copies.put(file, out.resolve(target));
    } else {
      want(file);
    }
    return parent(target(from)).relativize(target).toString().replace('\\', '/') + fragment;
  }

  /** Where a file of the repository lies in the site: docs at the top, all else under {@code source}. */
  private Path target(Path file) {
    Path docs = home.resolve("docs");
    Path base = Path.of("/");
    Path path =
        file.startsWith(docs)
            ? base.resolve(docs.relativize(file).toString())
            : base.resolve("source").resolve(home.relativize(file).toString());
    String name = fileName(path);
    if (PICTURES.contains(extension(file))) {
      return base.relativize(path);
    }
    String html = name.equals("README.md") ? "index.html" : name.replaceAll("\\.md$", "") + ".html";
    return base.relativize(path.resolveSibling(html));
  }

  private static String extension(Path file) {
    String name = fileName(file);
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }

  static String fileName(Path file) {
    Path name = file.getFileName();
    return name == null ? "" : name.toString();
  }

  static Path parent(Path file) {
    Path parent = file.getParent();
    return parent == null ? Path.of("") : parent;
  }
}
