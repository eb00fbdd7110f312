package dev.sampo.hub;

import dev.sampo.error.RequestException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a model on the Hub, {@code org/name[@revision][:variant]}.
 *
 * @param repository {@code org/name}
 * @param revision a branch, a tag or a commit; {@code main} where none was given
 * @param variant which graphs of the folder, as the suffix of their files says ({@code fp16}, {@code q4}); empty for those without
 */
public record HubName(String repository, String revision, String variant) {
  private static final String PART = "[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?";
  private static final Pattern REPOSITORY = Pattern.compile(PART + "/" + PART);
  private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}");
  private static final Pattern VARIANT = Pattern.compile("[A-Za-z0-9_-]{0,60}");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  private static final Pattern NAME =
      Pattern.compile("(?<repo>[^@:]+)(?:@(?<revision>[^:]*))?(?::(?<variant>.*))?");

  /** Checks the parts: what the Hub allows in names, and nothing that leads out of a folder. */
  public HubName {
    if (!REPOSITORY.matcher(repository).matches()
        || repository.contains("..")
        || repository.contains("--")) {
      throw wrong(repository, "a repository is org/name, of letters, digits, '-', '_' and '.'");
    }
    if (!REVISION.matcher(revision).matches()
        || revision.contains("..")
        || revision.contains("//")
        || revision.endsWith("/")) {
      throw wrong(revision, "a revision is a branch, a tag or a commit");
    }
    if (!VARIANT.matcher(variant).matches()) {
      throw wrong(variant, "a variant is a suffix of file names such as fp16 or q4");
    }
  }

  private static RequestException wrong(String what, String wanted) {
    return new RequestException("model", "'" + what + "' is no name on the Hub: " + wanted + ".");
  }

  /**
   * Reads a name.
   *
   * @throws RequestException if it is none
   */
  public static HubName parse(String text) {
    Matcher matcher = NAME.matcher(text);
    if (!matcher.matches()) {
      throw wrong(text, "write org/name[@revision][:variant]");
    }
    String revision = matcher.group("revision");
    String variant = matcher.group("variant");
    return new HubName(
        matcher.group("repo"),
        revision == null ? "main" : revision,
        variant == null ? "" : variant);
  }

  /** Whether a text looks like such a name; says nothing about whether there is one. */
  public static boolean isName(String text) {
    try {
      parse(text);
      return true;
    } catch (RequestException e) {
      return false;
    }
  }

  /** Whether the revision is a commit, which never changes. */
  public boolean isCommit() {
    return COMMIT.matcher(revision).matches();
  }

  /** The name of its folder in the cache, {@code models--org--name}. */
  public String folderName() {
    return "models--" + repository.replace("/", "--");
  }

  @Override
  public String toString() {
    return repository
        + (revision.equals("main") ? "" : "@" + revision)
        + (variant.isEmpty() ? "" : ":" + variant);
  }
}
