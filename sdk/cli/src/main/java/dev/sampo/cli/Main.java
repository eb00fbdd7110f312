package dev.sampo.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Where the JVM enters: runs the command line and turns its outcome into an exit code. */
public final class Main {
  /** How long a Ctrl-C waits for the command to put away what it had begun. */
  private static final long CANCEL_GRACE_MILLIS = 10_000;

  private Main() {}

  /**
   * Runs {@code sampo}.
   *
   * @param args the words after {@code sampo}
   */
  public static void main(String[] args) {
    Console console = Console.system();
    System.setErr(console.err());
    CountDownLatch done = new CountDownLatch(1);
    Thread hook = new Thread(() -> awaitCancelled(console, done), "sampo-cancel");
    Runtime.getRuntime().addShutdownHook(hook);
    int exitCode;
    try {
      exitCode = SampoCommand.run(console, args);
    } finally {
      done.countDown();
    }
    try {
      console.flush();
    } catch (LostOutputException e) {
      exitCode = exitCode == ExitCode.OK ? ExitCode.FAILED : exitCode;
    }
    if (!console.cancellation().isCancelled()) {
      Runtime.getRuntime().removeShutdownHook(hook);
    }
    System.exit(exitCode);
  }

  /** On Ctrl-C: asks the command to stop and waits until it has kept what was finished. */
  private static void awaitCancelled(Console console, CountDownLatch done) {
    if (done.getCount() == 0) {
      return;
    }
    console.cancellation().cancel();
    try {
      if (!done.await(CANCEL_GRACE_MILLIS, TimeUnit.MILLISECONDS)) {
        console.note("sampo: gave up waiting for the running step to end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    console.err().flush();
  }
}
