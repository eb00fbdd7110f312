package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.molecule.KnownMolecule;
import dev.sampo.molecule.MoleculePipeline;
import dev.sampo.molecule.MoleculeRequest;
import dev.sampo.molecule.MoleculeResult;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo molecules}: molecules as SMILES, each with the known one that it is most like. */
@Command(
    name = "molecules",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Makes molecules as SMILES, or the way from one to another; names the known one each is most like.",
      "A valid molecule need not be stable, makeable or safe."
    },
    footer = {
      "",
      "Example: sampo molecules FOLDER --count 10 --seed 7",
      "         sampo molecules FOLDER --from ethanol --to \"CC(=O)O\" --steps 8"
    })
final class MoleculesCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(index = "0", paramLabel = "MODEL", description = "A folder of family molecule-vae.")
  private String model = "";

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "10",
      description = "How many. Default: ${DEFAULT-VALUE}.")
  private int count = 10;

  @Option(
      names = "--temperature",
      paramLabel = "X",
      defaultValue = "1",
      description = "How wild; 0 takes the likeliest. Default: ${DEFAULT-VALUE}.")
  private double temperature = 1;

  @Option(
      names = "--no-rules",
      description = "Lets rings and branches stay open and valences overflow.")
  private boolean noRules;

  @Option(
      names = "--from",
      paramLabel = "SMILES",
      description = "The first molecule of a way, or its name.")
  private @Nullable String from;

  @Option(
      names = "--to",
      paramLabel = "SMILES",
      description = "The last molecule of a way, or its name.")
  private @Nullable String to;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "8",
      description = "Molecules of a way. Default: ${DEFAULT-VALUE}.")
  private int steps = 8;

  MoleculesCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if ((from == null) != (to == null)) {
      throw new UsageException("--from and --to go together");
    }
    try (MoleculePipeline molecules =
        Commands.open(
            common.open(ShippedModels.ofHome().resolve(model)),
            common.sessionConfig(),
            MoleculePipeline.class,
            "molecules")) {
      try {
        report(molecules, made(molecules));
        return ExitCode.OK;
      } catch (RequestException e) {
        throw new UsageException(String.valueOf(e.getMessage()), e);
      } catch (CancelledException e) {
        MoleculeResult partial = e.partial(MoleculeResult.class);
        if (partial != null) {
          partial.smiles().forEach(console.out()::println);
        }
        throw e;
      }
    }
  }

  private MoleculeResult made(MoleculePipeline molecules) {
    if (from != null && to != null) {
      return molecules.interpolate(smiles(molecules, from), smiles(molecules, to), steps);
    }
    return molecules.sample(
        MoleculeRequest.builder()
            .count(count)
            .temperature(temperature)
            .rules(!noRules)
            .seed(common.seed())
            .cancellation(console.cancellation())
            .build());
  }

  /** What is written in the signs of SMILES is one; all else is a name. */
  private static String smiles(MoleculePipeline molecules, String text) {
    return text.matches("[BCFINOPSHclnosrp0-9()\\[\\]=#+@/\\\\-]+") ? text : molecules.known(text);
  }

  private void report(MoleculePipeline molecules, MoleculeResult result) {
    if (common.json()) {
      console.json(document(molecules, result));
      return;
    }
    for (String smiles : result.smiles()) {
      List<KnownMolecule> near = molecules.nearest(smiles, 1);
      String like =
          near.isEmpty()
              ? ""
              : near.get(0).similarity() == 1
                  ? near.get(0).name()
                  : String.format(
                      Locale.ROOT, "like %s (%.2f)", near.get(0).name(), near.get(0).similarity());
      console.out().println(String.format(Locale.ROOT, "%-40s %s", smiles, like).trim());
    }
    console.note("seed " + result.seed());
  }

  private ObjectNode document(MoleculePipeline molecules, MoleculeResult result) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("model", model).put("seed", result.seed());
    ArrayNode all = document.putArray("molecules");
    for (String smiles : result.smiles()) {
      ObjectNode node = all.addObject().put("smiles", smiles);
      for (KnownMolecule near : molecules.nearest(smiles, 1)) {
        node.putObject("nearest")
            .put("smiles", near.smiles())
            .put("name", near.name())
            .put("similarity", near.similarity());
      }
    }
    SoundFiles.timing(document, result.timings());
    return document;
  }
}
