package dev.sampo.cli;

import dev.sampo.io.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The page of {@code sampo demo}: all that was made, with its settings and the command line that makes the like. */
final class DemoPage {
  /** What makes the same or the like; {@code %d} is the seed. */
  private static final Map<String, String> COMMANDS =
      Map.ofEntries(
          Map.entry("gan.png", "sampo latent sample digits-gan --count 60 --seed %d"),
          Map.entry("vae.png", "sampo latent sample digits-vae --count 60 --seed %d"),
          Map.entry("vae-walk.gif", "sampo latent interpolate digits-vae --seed %d --out walk.gif"),
          Map.entry(
              "diffusion.png",
              "sampo image digits-diffusion --class-label 0,1,2,3,4,5,6,7,8,9 --num-inference-steps 25"
                  + " --seed %d"),
          Map.entry("pixelcnn.png", "sampo latent sample digits-pixelcnn --count 10 --seed %d"),
          Map.entry("stylegan.png", "sampo latent sample stylegan-digits --count 60 --seed %d"),
          Map.entry("wavenet.wav", "sampo latent sample tones-wavenet --count 4 --seed %d"),
          Map.entry(
              "video.gif",
              "sampo video digits-video --class 3 --num-inference-steps 10 --seed %d --out clip.gif"),
          Map.entry(
              "handwriting.png",
              "sampo write strokes-digits --count 40 --seed %d --out digits.png"),
          Map.entry(
              "texts.txt",
              "sampo text scripture-gpt --prompt \"And it came to pass\" --do-sample --temperature 0.8"
                  + " --top-p 0.95 --max-new-tokens 120 --seed %d"));

  private static final String HEAD =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>sampo demo</title>\n"
          + "<meta name=\"viewport\" content=\"width=device-width\">\n"
          + "<style>body{font:16px/1.5 sans-serif;margin:2em auto;max-width:60em;padding:0 1em;color:#222}"
          + "figure{margin:2em 0;border-top:1px solid #ccc;padding-top:1em}"
          + "img{max-width:100%;image-rendering:pixelated}figcaption{margin-bottom:.5em}"
          + "code,pre{font:13px/1.5 monospace;background:#f3f3f3;padding:.2em .4em;overflow-wrap:anywhere}"
          + "pre{white-space:pre-wrap;padding:1em}small{color:#666}</style></head><body>\n";

  private DemoPage() {}

  /** Writes {@code index.html} beside what was made. */
  static Path write(Demo demo) throws IOException {
    Path page = demo.file("index.html");
    byte[] bytes = html(demo).getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(page, stream -> stream.write(bytes));
    return page;
  }

  private static String html(Demo demo) throws IOException {
    StringBuilder out = new StringBuilder(HEAD);
    out.append("<h1>What these models made</h1>\n<p>All from seed ")
        .append(demo.seed())
        .append("; the same seed gives the same results.</p>\n");
    List<Path> shown = new ArrayList<>();
    for (Demo.Made made : demo.made()) {
      String name = String.valueOf(made.file().getFileName());
      out.append("<figure><figcaption><b>").append(escaped(made.model())).append("</b>: ");
      out.append(escaped(made.what())).append(", seed ").append(demo.seed());
      if (!made.speed().isEmpty()) {
        out.append(" <small>").append(escaped(made.speed())).append("</small>");
      }
      String command = COMMANDS.get(name);
      if (command != null && !shown.contains(made.file())) {
        out.append("<br><code>")
            .append(escaped(String.format(Locale.ROOT, command, demo.seed())))
            .append("</code>");
      }
      out.append("</figcaption>\n");
      if (!shown.contains(made.file())) {
        out.append(element(made, name)).append('\n');
        shown.add(made.file());
      }
      out.append("</figure>\n");
    }
    return out.append("</body></html>\n").toString();
  }

  private static String element(Demo.Made made, String name) throws IOException {
    String link = escaped(name);
    return switch (Outputs.ending(made.file())) {
      case "png", "gif", "svg" ->
          "<img src=\"" + link + "\" alt=\"" + escaped(made.model() + ": " + made.what()) + "\">";
      case "wav" -> "<audio controls src=\"" + link + "\"></audio>";
      case "txt", "abc" ->
          Files.isRegularFile(made.file())
              ? "<pre>" + escaped(Files.readString(made.file())) + "</pre>"
              : "<a href=\"" + link + "\">" + link + "</a>";
      default -> "<a href=\"" + link + "\">" + link + "</a>";
    };
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  /** Shows a page in the browser; false where there is no program that opens one. */
  static boolean open(Path page) {
    String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    List<String> command =
        system.contains("mac")
            ? List.of("open")
            : system.contains("windows")
                ? List.of("rundll32", "url.dll,FileProtocolHandler")
                : List.of("xdg-open");
    List<String> words = new ArrayList<>(command);
    words.add(page.toAbsolutePath().toString());
    try {
      Process opener =
          new ProcessBuilder(words)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      return !opener.waitFor(2, TimeUnit.SECONDS) || opener.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
