package dev.sampo.site;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where the javadoc of a type lies, by its simple name; names that two types share lead nowhere. */
final class JavadocIndex {
  private static final Pattern CODE =
      Pattern.compile("<code>([A-Z][A-Za-z0-9]+)(\\.[a-z][A-Za-z]*)?</code>");
  private static final Pattern TYPE = Pattern.compile("[A-Z][A-Za-z0-9]*\\.html");

  private final @Nullable Path folder;
  private final Map<String, String> types = new HashMap<>();

  private JavadocIndex(@Nullable Path folder) {
    this.folder = folder;
  }

  static JavadocIndex of(@Nullable Path folder) throws IOException {
    JavadocIndex index = new JavadocIndex(folder);
    if (folder == null) {
      return index;
    }
    Set<String> twice = new HashSet<>();
    for (Path file : files(folder)) {
      String name = Site.fileName(file);
      String path = folder.relativize(file).toString().replace('\\', '/');
      if (TYPE.matcher(name).matches()
          && path.contains("dev/sampo/")
          && !path.contains("class-use/")) {
        String type = name.replace(".html", "");
        if (index.types.put(type, path) != null) {
          twice.add(type);
        }
      }
    }
    twice.forEach(index.types::remove);
    return index;
  }

  boolean found() {
    return folder != null;
  }

  /** Makes links of types that stand in code; {@code top} leads from the page to the site's top: {@code ../} or nothing. */
  String link(String body, String top) {
    if (folder == null) {
      return body;
    }
    Matcher code = CODE.matcher(body);
    StringBuilder linked = new StringBuilder(body.length());
    while (code.find()) {
      String path = types.get(code.group(1));
      boolean inLink =
          body.lastIndexOf("<a ", code.start()) > body.lastIndexOf("</a>", code.start());
      String replacement =
          path == null || inLink
              ? code.group()
              : "<a href=\"" + top + "javadoc/" + path + "\">" + code.group() + "</a>";
      code.appendReplacement(linked, Matcher.quoteReplacement(replacement));
    }
    return code.appendTail(linked).toString();
  }

  void copyTo(Path target) throws IOException {
    if (folder == null) {
      return;
    }
    for (Path file : files(folder)) {
      Path copy = target.resolve(folder.relativize(file).toString());
      Files.createDirectories(Site.parent(copy));
      Files.write(copy, Files.readAllBytes(file));
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).sorted().collect(Collectors.toList());
    }
  }
}
