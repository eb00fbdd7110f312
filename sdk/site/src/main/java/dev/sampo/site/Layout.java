package dev.sampo.site;

import java.nio.file.Path;
import java.util.Locale;

/** The frame around a page: head, list of pages, foot. */
final class Layout {
  private Layout() {}

  static String html(Page page, Path target, Navigation navigation, boolean javadoc) {
    String top = "../".repeat(target.getNameCount() - 1);
    String here = target.toString().replace('\\', '/');
    StringBuilder html = new StringBuilder(page.body().length() + 8000);
    html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        .append("<meta name=\"color-scheme\" content=\"light dark\">\n<title>")
        .append(Page.escape(here.equals("index.html") ? "Sampo" : page.title() + " - Sampo"))
        .append("</title>\n<link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"")
        .append(top)
        .append(
            "site.css\">\n</head>\n<body>\n<a class=\"skip\" href=\"#content\">To the text</a>\n<header><a href=\"")
        .append(top)
        .append(
            "index.html\">Sampo</a></header>\n<details class=\"menu\"><summary>Pages</summary>\n");
    navigation(html, top, here, navigation, javadoc);
    html.append("</details>\n<nav class=\"side\" aria-label=\"Pages\">\n");
    navigation(html, top, here, navigation, javadoc);
    html.append("</nav>\n<main id=\"content\">\n")
        .append(page.body())
        .append("</main>\n</body>\n</html>\n");
    return html.toString();
  }

  private static void navigation(
      StringBuilder html, String top, String here, Navigation navigation, boolean javadoc) {
    for (Navigation.Group group : navigation.groups()) {
      html.append("<p>").append(Page.escape(group.title())).append("</p>\n<ul>\n");
      for (Navigation.Entry entry : group.entries()) {
        html.append("<li><a href=\"").append(top).append(entry.target()).append('"');
        if (entry.target().equals(here)) {
          html.append(" aria-current=\"page\"");
        }
        html.append('>').append(Page.escape(capital(entry.title()))).append("</a></li>\n");
      }
      html.append("</ul>\n");
    }
    if (javadoc) {
      html.append("<ul><li><a href=\"")
          .append(top)
          .append("javadoc/index.html\">Javadoc</a></li></ul>\n");
    }
  }

  /** A capital at the front, but for names such as unCLIP that have theirs elsewhere. */
  private static String capital(String text) {
    return text.isEmpty() || text.matches("[a-z]+[A-Z].*")
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
  }
}
