package dev.sampo.site;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.commonmark.Extension;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.ext.heading.anchor.HeadingAnchorExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.Heading;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;

/**
 * What a page shows.
 *
 * @param title its first heading, or the name of the file
 * @param body HTML
 */
record Page(String title, String body) {
  private static final List<Extension> EXTENSIONS =
      List.of(TablesExtension.create(), HeadingAnchorExtension.create());
  static final Parser PARSER = Parser.builder().extensions(EXTENSIONS).build();
  private static final HtmlRenderer RENDERER =
      HtmlRenderer.builder()
          .extensions(EXTENSIONS)
          .attributeProviderFactory(context -> Page::attributes)
          .build();

  /** Gives the address of a link as the site has it. */
  interface Links {
    String resolve(Path from, String link);
  }

  static Page of(Path file, String top, Links links, JavadocIndex javadoc) throws IOException {
    if (Files.isDirectory(file)) {
      return list(file);
    }
    String text = Files.readString(file);
    if (!file.toString().endsWith(".md")) {
      String name = Site.fileName(file);
      return new Page(
          name, "<h1>" + escape(name) + "</h1>\n<pre><code>" + escape(text) + "</code></pre>\n");
    }
    Node document = PARSER.parse(text);
    document.accept(new Rewriter(file, links));
    String body = RENDERER.render(document);
    return new Page(title(document, file), javadoc.link(body, top));
  }

  private static Page list(Path folder) throws IOException {
    String name = Site.fileName(folder);
    try (Stream<Path> files = Files.list(folder)) {
      String rows =
          files
              .filter(f -> !Site.fileName(f).equals("target"))
              .map(f -> Site.fileName(f) + (Files.isDirectory(f) ? "/" : ""))
              .sorted()
              .map(n -> "<li><code>" + escape(n) + "</code></li>")
              .collect(Collectors.joining("\n"));
      return new Page(name, "<h1>" + escape(name) + "</h1>\n<ul>\n" + rows + "\n</ul>\n");
    }
  }

  private static String title(Node document, Path file) {
    for (Node node = document.getFirstChild(); node != null; node = node.getNext()) {
      if (node instanceof Heading) {
        return text(node);
      }
    }
    return Site.fileName(file);
  }

  /** The words of a node without its marks. */
  static String text(Node node) {
    StringBuilder words = new StringBuilder();
    node.accept(
        new AbstractVisitor() {
          @Override
          public void visit(Text text) {
            words.append(text.getLiteral());
          }

          @Override
          public void visit(Code code) {
            words.append(code.getLiteral());
          }
        });
    return words.toString();
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  private static void attributes(Node node, String tag, Map<String, String> attributes) {
    if (tag.equals("img")) {
      attributes.put("loading", "lazy");
    } else if (tag.equals("pre")) {
      attributes.put("tabindex", "0"); // so that keys can move what is wider than the screen
    }
  }

  private static final class Rewriter extends AbstractVisitor {
    private final Path file;
    private final Links links;

    Rewriter(Path file, Links links) {
      this.file = file;
      this.links = links;
    }

    @Override
    public void visit(Link link) {
      link.setDestination(links.resolve(file, link.getDestination()));
      visitChildren(link);
    }

    @Override
    public void visit(Image image) {
      image.setDestination(links.resolve(file, image.getDestination()));
      visitChildren(image);
    }
  }
}
