package dev.sampo.server;

import dev.sampo.Model;
import dev.sampo.Sampo;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.tokenizer.chat.ChatTemplate;
import org.jspecify.annotations.Nullable;

/**
 * A model and the name that clients know it by.
 *
 * @param id what requests name it as
 * @param model stays the caller's
 * @param folder the files that it was opened from
 * @param chatTemplate in place of the model's own, for models that have none; or null
 */
public record ServedModel(
    String id, Model model, ModelFolder folder, @Nullable ChatTemplate chatTemplate) {

  /**
   * Opens a model.
   *
   * @throws dev.sampo.error.ModelException if it is none, or a file of it is at fault
   */
  public static ServedModel open(String id, ModelFolder folder, SessionConfig config) {
    return new ServedModel(id, Sampo.open(folder, config), folder, null);
  }

  /** The same model with a chat template. */
  public ServedModel withChatTemplate(@Nullable ChatTemplate template) {
    return new ServedModel(id, model, folder, template);
  }

  /** What kind of model it is. */
  public Family family() {
    return model.family();
  }
}
