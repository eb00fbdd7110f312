package dev.sampo.cli;

import dev.sampo.io.AtomicFile;
import dev.sampo.molecule.KnownMolecule;
import dev.sampo.molecule.MoleculePipeline;
import dev.sampo.molecule.MoleculeRequest;
import dev.sampo.molecule.MoleculeResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The molecules of {@code sampo demo}, with the known ones that they are most like. */
final class DemoMolecules {
  private static final int COUNT = 12;
  private static final int STEPS = 6;

  private final Demo demo;

  DemoMolecules(Demo demo) {
    this.demo = demo;
  }

  void molecules(String model) throws IOException {
    long start = System.nanoTime();
    try (MoleculePipeline pipeline = MoleculePipeline.open(demo.model(model), demo.session())) {
      MoleculeResult drawn =
          pipeline.sample(
              MoleculeRequest.builder()
                  .count(COUNT)
                  .seed(demo.seed())
                  .cancellation(demo.cancellation())
                  .build());
      StringBuilder text = new StringBuilder("drawn:\n");
      lines(text, pipeline, drawn);
      text.append("from aniline to phenol:\n");
      lines(
          text,
          pipeline,
          pipeline.interpolate(pipeline.known("aniline"), pipeline.known("phenol"), STEPS));
      Path file = demo.file("molecules.txt");
      byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
      AtomicFile.write(file, stream -> stream.write(bytes));
      String what = COUNT + " molecules with names of near ones, a way between two";
      demo.note(model, what, start, COUNT + STEPS, "molecules", file);
      demo.append(model, "temperature 1, seed " + demo.seed(), text.toString().trim());
    }
  }

  private static void lines(
      StringBuilder text, MoleculePipeline pipeline, MoleculeResult molecules) {
    for (String smiles : molecules.smiles()) {
      List<KnownMolecule> near = pipeline.nearest(smiles, 1);
      String like = near.isEmpty() ? "" : near.get(0).name();
      double how = near.isEmpty() ? 0 : near.get(0).similarity();
      text.append(
          String.format(Locale.ROOT, "%-42s %s%s%n", smiles, how == 1 ? "" : "like ", like));
    }
  }
}
