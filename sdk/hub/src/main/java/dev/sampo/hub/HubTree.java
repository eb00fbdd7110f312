package dev.sampo.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The files of a repository at one commit, and the file {@code trees/COMMIT.json} in which Python keeps them (format 1). */
final class HubTree {
  private static final Logger LOG = LoggerFactory.getLogger(HubTree.class);
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Longer listings are not read: the largest repositories have some ten thousand files of 200 bytes. */
  private static final long MAX_BYTES = 64L << 20;

  private final List<HubFile> files;

  HubTree(List<HubFile> files) {
    this.files = Collections.unmodifiableList(new ArrayList<>(files));
  }

  List<HubFile> files() {
    return files;
  }

  /** The listing as the cache has it, or null where there is none that can be read. */
  static @Nullable HubTree read(Path file) {
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
        return null;
      }
      JsonNode json = MAPPER.readTree(file.toFile());
      if (json.path("format_version").asInt() != 1) {
        return null;
      }
      List<HubFile> files = new ArrayList<>();
      for (Map.Entry<String, JsonNode> e : json.path("files").properties()) {
        JsonNode info = e.getValue();
        files.add(
            new HubFile(
                e.getKey(),
                info.path("lfs_size").asLong(info.path("size").asLong(-1)),
                info.path("blob_id").asText(),
                text(info.path("lfs_sha256")),
                text(info.path("xet_hash"))));
      }
      return new HubTree(files);
    } catch (IOException | HubException e) {
      LOG.warn("{} is not used: {}", file, e.getMessage());
      return null;
    }
  }

  /** Writes the listing; that it cannot be is no error, for it only saves a request. */
  void write(Path file) {
    ObjectNode json = MAPPER.createObjectNode().put("format_version", 1);
    ObjectNode all = json.putObject("files");
    Map<String, HubFile> sorted = new TreeMap<>();
    files.forEach(f -> sorted.put(f.path(), f));
    for (HubFile f : sorted.values()) {
      ObjectNode info = all.putObject(f.path()).put("size", f.sizeBytes());
      info.put("blob_id", f.blobId());
      if (f.sha256() != null) {
        info.put("lfs_sha256", f.sha256()).put("lfs_size", f.sizeBytes());
      }
      if (f.xetHash() != null) {
        info.put("xet_hash", f.xetHash());
      }
    }
    try {
      AtomicWrite.bytes(file, MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(json));
    } catch (IOException e) {
      LOG.warn("{} is not kept: {}", file, e.getMessage());
    }
  }

  /** Files of one page of the server's answer to {@code /api/models/.../tree/...}. */
  static List<HubFile> page(String name, byte[] answer) {
    JsonNode json;
    try {
      json = MAPPER.readTree(answer);
    } catch (IOException e) {
      throw new HubException(0, "The list of files of " + name + " is not JSON.", e);
    }
    if (!json.isArray()) {
      throw new HubException("The list of files of " + name + " is not a list.");
    }
    List<HubFile> files = new ArrayList<>();
    for (JsonNode entry : json) {
      if (entry.path("type").asText().equals("file")) {
        JsonNode lfs = entry.path("lfs");
        files.add(
            new HubFile(
                entry.path("path").asText(),
                lfs.path("size").asLong(entry.path("size").asLong(-1)),
                entry.path("oid").asText(),
                text(lfs.path("oid")),
                text(entry.path("xetHash"))));
      }
    }
    return files;
  }

  private static @Nullable String text(JsonNode node) {
    return node.isTextual() ? node.asText() : null;
  }
}
