package dev.sampo.cli;

import dev.sampo.runtime.OnnxRuntime;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Loads what a start needs, so that the launcher can record those classes; does nothing else. */
@Command(name = "warm-up", hidden = true)
final class WarmUpCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    return OnnxRuntime.availableProviders().isEmpty() ? ExitCode.FAILED : ExitCode.OK;
  }
}
