package dev.sampo.hub;

import org.jspecify.annotations.Nullable;

/**
 * A file of a repository at one commit.
 *
 * @param path its path in the repository, with {@code /}
 * @param sizeBytes its size
 * @param blobId git's SHA-1 of it (of the pointer, where it is kept by LFS)
 * @param sha256 of the content where it is kept by LFS, else null
 * @param xetHash the Hub's hash for its newer storage, kept as Python keeps it; null where there is none
 */
public record HubFile(
    String path, long sizeBytes, String blobId, @Nullable String sha256, @Nullable String xetHash) {

  /**
   * Checks that the path stays within the snapshot.
   *
   * @throws HubException if it does not, or the size is negative
   */
  public HubFile {
    boolean bad = path.isEmpty() || path.startsWith("/") || path.indexOf('\\') >= 0;
    for (String part : path.split("/", -1)) {
      bad |= part.isEmpty() || part.equals(".") || part.equals("..") || part.indexOf(':') >= 0;
    }
    for (int i = 0; i < path.length(); i++) {
      bad |= Character.isISOControl(path.charAt(i));
    }
    if (bad || sizeBytes < 0) {
      throw new HubException(
          "The server lists a file that cannot be stored: path '"
              + path.replaceAll("\\p{Cntrl}", "?")
              + "', "
              + sizeBytes
              + " bytes.");
    }
  }

  /** What names its blob in the cache and what its content is checked against: SHA-256 where it is known, else git's SHA-1. */
  public String hash() {
    return sha256 == null ? blobId : sha256;
  }
}
