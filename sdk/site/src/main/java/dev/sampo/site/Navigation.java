package dev.sampo.site;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Heading;
import org.commonmark.node.Link;

/** The list of pages beside every page: the links of {@code docs/README.md} under its headings, and the families. */
record Navigation(List<Group> groups) {
  /**
   * Links under one heading.
   *
   * @param title the heading
   * @param entries its links in their order
   */
  record Group(String title, List<Entry> entries) {}

  /**
   * A link.
   *
   * @param title what it says
   * @param target the page, from the site's top
   */
  record Entry(String title, String target) {}

  static Navigation read(Path docs) throws IOException {
    List<Group> groups = new ArrayList<>(groups(docs.resolve("README.md"), ""));
    List<Entry> families = new ArrayList<>();
    for (Group group : groups(docs.resolve("families/README.md"), "families/")) {
      families.addAll(group.entries());
    }
    groups.add(Math.min(1, groups.size()), new Group("Families", families));
    return new Navigation(List.copyOf(groups));
  }

  private static List<Group> groups(Path file, String folder) throws IOException {
    List<Group> groups = new ArrayList<>();
    Page.PARSER
        .parse(Files.readString(file))
        .accept(
            new AbstractVisitor() {
              @Override
              public void visit(Heading heading) {
                groups.add(new Group(Page.text(heading), new ArrayList<>()));
              }

              @Override
              public void visit(Link link) {
                String target = link.getDestination();
                if (target.endsWith(".md") && !target.contains("..") && !groups.isEmpty()) {
                  String html =
                      target.replaceAll("README\\.md$", "index.md").replaceAll("\\.md$", ".html");
                  groups
                      .get(groups.size() - 1)
                      .entries()
                      .add(new Entry(Page.text(link), folder + html));
                }
              }
            });
    groups.removeIf(group -> group.entries().isEmpty());
    return groups;
  }
}
