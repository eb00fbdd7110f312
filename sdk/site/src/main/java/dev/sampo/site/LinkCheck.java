package dev.sampo.site;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Looks whether the links of written pages lead to files and places that are there. Addresses of the web are not asked. */
final class LinkCheck {
  private static final Pattern LINK = Pattern.compile("(?:href|src)=\"([^\"]*)\"");
  private static final Pattern PLACE = Pattern.compile("\\bid=\"([^\"]*)\"");

  private LinkCheck() {}

  /** A line for each link that leads nowhere: the page and the link. The javadoc's own pages are the javadoc tool's business. */
  static List<String> broken(Path site) throws IOException {
    List<String> broken = new ArrayList<>();
    Map<Path, Set<String>> places = new HashMap<>();
    for (Path page : pages(site)) {
      Set<String> seen = new HashSet<>();
      Matcher link = LINK.matcher(Files.readString(page));
      while (link.find()) {
        if (seen.add(link.group(1)) && !leads(page, link.group(1), places)) {
          broken.add(site.relativize(page) + ": " + link.group(1));
        }
      }
    }
    return broken;
  }

  private static boolean leads(Path page, String link, Map<Path, Set<String>> places)
      throws IOException {
    if (link.contains("://") || link.startsWith("data:") || link.startsWith("mailto:")) {
      return true;
    }
    int hash = link.indexOf('#');
    String file = hash < 0 ? link : link.substring(0, hash);
    Path target = file.isEmpty() ? page : Site.parent(page).resolve(file).normalize();
    if (!Files.isRegularFile(target)) {
      return false;
    }
    if (hash < 0 || hash == link.length() - 1) {
      return true;
    }
    Set<String> there = places.get(target);
    if (there == null) {
      there = new HashSet<>();
      Matcher place = PLACE.matcher(Files.readString(target));
      while (place.find()) {
        there.add(place.group(1));
      }
      places.put(target, there);
    }
    return there.contains(link.substring(hash + 1));
  }

  private static List<Path> pages(Path site) throws IOException {
    Path javadoc = site.resolve("javadoc");
    try (Stream<Path> files = Files.walk(site)) {
      return files
          .filter(f -> f.toString().endsWith(".html") && !f.startsWith(javadoc))
          .sorted()
          .collect(Collectors.toList());
    }
  }
}
