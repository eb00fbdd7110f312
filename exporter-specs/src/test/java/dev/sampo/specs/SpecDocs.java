package dev.sampo.specs;

import dev.sampo.specs.Spec.Presence;
import dev.sampo.specs.Spec.SampoJsonSpec;
import java.util.List;
import java.util.Locale;

/** Makes {@code docs/specs.md} from the specs. */
final class SpecDocs {
  private final StringBuilder out = new StringBuilder();

  static String page() {
    SpecDocs docs = new SpecDocs();
    docs.head();
    for (Spec spec : Specs.all().values()) {
      docs.spec(spec);
    }
    return docs.out.toString();
  }

  private void head() {
    line("<!-- Made from exporter-specs/specs/*.json by SpecDocsTest; change those, then run");
    line("     mvn -pl exporter-specs test -Dtest=SpecDocsTest -Dsampo.docs.write=true -->");
    line("# What graphs must look like");
    line("");
    line(
        "One section a kind of model, from `exporter-specs/specs/*.json`. The Python exporters check their graphs against these files, and");
    line(
        "`sampo inspect` and every pipeline check a folder when they open it. A dimension is a number or a symbol; a symbol is open, but where a graph");
    line(
        "fixes it, it has one value within the graph, and within the folder where it is listed as shared. `{N}` counts from 0 without a gap.");
    line(
        "A graph may give more outputs than are listed; it may not want other inputs. Inputs and outputs of another element type than a program");
    line("has are converted.");
    line("");
    for (Spec spec : Specs.all().values()) {
      line("- [" + spec.name() + "](#" + spec.name() + "): " + spec.title());
    }
  }

  private void spec(Spec spec) {
    line("");
    line("## " + spec.name());
    line("");
    line("**" + spec.title() + ".** " + spec.description());
    line("");
    StringBuilder layouts = new StringBuilder();
    for (List<String> layout : spec.layouts()) {
      layouts
          .append(layouts.length() == 0 ? "`" : ", or `")
          .append(String.join("` + `", layout))
          .append('`');
    }
    line("Layout: " + spec.layout().name().toLowerCase(Locale.ROOT) + ". Graphs: " + layouts + ".");
    if (!spec.shared().isEmpty()) {
      line("Shared by the graphs of a folder: `" + String.join("`, `", spec.shared()) + "`.");
    }
    for (GraphSpec graph : spec.graphs().values()) {
      line("");
      line("### " + spec.name() + ": " + graph.name());
      line("");
      line(graph.description() + ". File: `" + String.join("`, `", graph.files()) + "`.");
      line("");
      line("| | name | type | shape | |");
      line("| --- | --- | --- | --- | --- |");
      graph.inputs().forEach(t -> row("in", t));
      graph.outputs().forEach(t -> row("out", t));
      if (!graph.oneOfOutputs().isEmpty()) {
        line("");
        line("At least one of `" + String.join("`, `", graph.oneOfOutputs()) + "` is there.");
      }
    }
    if (spec.sampoJson() != null) {
      sampoJson(spec.sampoJson());
    }
  }

  private void row(String side, TensorSpec t) {
    StringBuilder shapes = new StringBuilder();
    for (List<String> shape : t.shapes()) {
      shapes
          .append(shapes.length() == 0 ? "`" : " or `")
          .append(SpecCheck.shape(shape))
          .append('`');
    }
    line(
        "| "
            + side
            + " | `"
            + t.name()
            + "` | "
            + String.join(", ", t.types())
            + " | "
            + shapes
            + " | "
            + t.description()
            + (t.optional() ? ". Optional" : "")
            + (t.with() == null ? "" : "; together with `" + t.with() + "`")
            + " |");
  }

  private void sampoJson(SampoJsonSpec json) {
    line("");
    line("In `sampo.json`, beside `spec`, `name`, `graphs` and `card`:");
    line("");
    line("| key | | |");
    line("| --- | --- | --- |");
    block(
        "latent",
        json.latent(),
        "`size`, and `distribution`: `normal` (if not given) or `uniform`");
    block(
        "image",
        json.image(),
        "`channels`, `height`, `width`, and `range` of the numbers, `[-1, 1]` if not given");
    block("classes", json.classes(), "Names of the classes");
    for (PropertySpec property : json.properties()) {
      line(
          "| `"
              + property.name()
              + "` | "
              + property.type().name().toLowerCase(Locale.ROOT).replace('_', ' ')
              + (property.required() ? "" : ", optional")
              + " | "
              + property.description()
              + " |");
    }
  }

  private void block(String name, Presence presence, String description) {
    if (presence != Presence.NONE) {
      line(
          "| `"
              + name
              + "` | "
              + presence.name().toLowerCase(Locale.ROOT)
              + " | "
              + description
              + " |");
    }
  }

  private void line(String text) {
    out.append(text).append('\n');
  }
}
