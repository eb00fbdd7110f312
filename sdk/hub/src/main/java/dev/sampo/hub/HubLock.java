package dev.sampo.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A project's {@code sampo.lock}: names pinned to commits and the hashes of their files, to be kept under version control. */
final class HubLock {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final long MAX_BYTES = 64L << 20;

  private final Path file;
  private final ObjectNode json;

  private HubLock(Path file, ObjectNode json) {
    this.file = file;
    this.json = json;
  }

  /** Reads the file; an empty lock where there is none. */
  static HubLock read(Path file) {
    try {
      if (!Files.exists(file)) {
        return new HubLock(file, MAPPER.createObjectNode().put("version", 1));
      }
      if (Files.size(file) > MAX_BYTES) {
        throw new ModelException(file, "The lock file " + file + " is too long to be one.");
      }
      JsonNode json = MAPPER.readTree(file.toFile());
      if (!json.isObject() || json.path("version").asInt() != 1) {
        throw new ModelException(
            file, "The lock file " + file + " is not of version 1. Remove it and pull again.");
      }
      return new HubLock(file, (ObjectNode) json);
    } catch (IOException e) {
      throw new ModelException(
          file, "The lock file " + file + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  private static String key(HubName name) {
    return name.repository() + "@" + name.revision();
  }

  /**
   * The commit of a name.
   *
   * @throws HubException if the lock does not name it
   */
  String commit(HubName name) {
    String commit = json.path("models").path(key(name)).path("commit").asText();
    if (!commit.matches("[0-9a-f]{40}")) {
      throw new HubException(
          file
              + " does not name "
              + key(name)
              + ", and nothing else may be used (locked). Pull it once without --locked.");
    }
    return commit;
  }

  /**
   * Holds files to the hashes of the lock.
   *
   * @throws HubException if one is not in it or is another
   */
  void check(HubName name, List<HubFile> files) {
    JsonNode locked = json.path("models").path(key(name)).path("files");
    for (HubFile f : files) {
      String wanted = locked.path(f.path()).asText();
      if (!wanted.equals(f.hash())) {
        throw new HubException(
            file
                + (wanted.isEmpty()
                    ? " does not name " + f.path()
                    : " wants " + f.path() + " with hash " + wanted + ", not " + f.hash())
                + " of "
                + key(name)
                + ", and nothing else may be used (locked). Pull it once without --locked.");
      }
    }
  }

  /** Writes a name's commit and files, beside what the lock names already. */
  void put(HubName name, String commit, List<HubFile> files) {
    ObjectNode model = json.withObject("/models").putObject(key(name));
    model.put("commit", commit);
    Map<String, String> sorted = new TreeMap<>();
    files.forEach(f -> sorted.put(f.path(), f.hash()));
    ObjectNode hashes = model.putObject("files");
    sorted.forEach(hashes::put);
    try {
      byte[] text = MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(json);
      AtomicWrite.bytes(file, text);
    } catch (IOException e) {
      throw new ModelException(
          file, "The lock file " + file + " cannot be written: " + e.getMessage() + ".", e);
    }
  }
}
