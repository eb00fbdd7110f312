package dev.sampo.hub;

import java.nio.file.Path;
import java.util.List;

/**
 * A model that was fetched.
 *
 * @param folder the snapshot, a folder in the layout of the repository
 * @param commit the commit that it is of
 * @param files the files of this pull, in the repository's order; empty where the cache does not know them and could not ask
 * @param downloadedBytes bytes that came over the network
 */
public record PullResult(Path folder, String commit, List<HubFile> files, long downloadedBytes) {
  /** Copies the list. */
  public PullResult {
    files = List.copyOf(files);
  }
}
