package dev.sampo.cli;

import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sampo latent}: GAN, VAE and autoencoder work. Each action is a command of its own. */
@Command(
    name = "latent",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "ACTION",
    description =
        "GAN, VAE and autoencoder work: draw samples, walk between latents, encode, decode, score.",
    subcommands = {
      LatentSampleCommand.class,
      LatentInterpolateCommand.class,
      LatentGridCommand.class,
      LatentReconstructCommand.class,
      LatentEncodeCommand.class,
      LatentDecodeCommand.class,
      LatentScoreCommand.class,
      LatentSearchCommand.class
    })
final class LatentCommand implements Runnable {
  private static final List<String> ACTIONS =
      List.of(
          "sample", "interpolate", "grid", "reconstruct", "encode", "decode", "score", "search");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "Which action? One of: " + String.join(", ", ACTIONS));
  }

  /** {@code latent MODEL ACTION ...} means {@code latent ACTION MODEL ...}. */
  static String[] inOrder(String[] args) {
    if (args.length > 2
        && args[0].equals("latent")
        && !ACTIONS.contains(args[1])
        && !args[1].startsWith("-")
        && ACTIONS.contains(args[2])) {
      String[] ordered = args.clone();
      ordered[1] = args[2];
      ordered[2] = args[1];
      return ordered;
    }
    return Arrays.copyOf(args, args.length);
  }
}
