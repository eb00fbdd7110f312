package dev.sampo.hub;

import dev.sampo.Progress;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be fetched from the Hub.
 *
 * @param name the model
 * @param include globs of files ({@code *.json}); empty for what the model's graph, variant and tokenizer need
 * @param lock a {@code sampo.lock} to write the commit and the hashes to, or with {@code locked} to hold the download to; null for none
 * @param locked whether only what the lock names may be used
 * @param progress told of bytes
 * @param cancellation gives up; what was fetched stays and the next pull goes on from there
 */
public record PullRequest(
    HubName name,
    List<String> include,
    @Nullable Path lock,
    boolean locked,
    Progress<? super PullStep> progress,
    CancellationToken cancellation) {

  /** Copies the list. */
  public PullRequest {
    include = List.copyOf(include);
    if (locked && lock == null) {
      throw new RequestException(
          "locked", "locked holds a pull to a lock file: name one with lock(path).");
    }
  }

  /** A request of all defaults. */
  public static Builder builder(HubName name) {
    return new Builder(name);
  }

  /** The same for a name as it is written. */
  public static Builder builder(String name) {
    return new Builder(HubName.parse(name));
  }

  /** The same request, to be changed. */
  public Builder toBuilder() {
    return new Builder(name)
        .include(include)
        .lock(lock)
        .locked(locked)
        .progress(progress)
        .cancellation(cancellation);
  }

  /** Builds a {@link PullRequest}; the defaults are here. */
  public static final class Builder {
    private final HubName name;
    private List<String> include = List.of();
    private @Nullable Path lock;
    private boolean locked;
    private Progress<? super PullStep> progress = step -> {};
    private CancellationToken cancellation = CancellationToken.none();

    private Builder(HubName name) {
      this.name = name;
    }

    /** Globs of files. */
    public Builder include(List<String> value) {
      include = value;
      return this;
    }

    /** The lock file, or null. */
    public Builder lock(@Nullable Path value) {
      lock = value;
      return this;
    }

    /** Whether only what the lock names may be used. */
    public Builder locked(boolean value) {
      locked = value;
      return this;
    }

    /** Who is told of bytes. */
    public Builder progress(Progress<? super PullStep> value) {
      progress = value;
      return this;
    }

    /** Gives up. */
    public Builder cancellation(CancellationToken value) {
      cancellation = value;
      return this;
    }

    /** The request. */
    public PullRequest build() {
      return new PullRequest(name, include, lock, locked, progress, cancellation);
    }
  }
}
