package dev.sampo.diffusion.staged;

import dev.sampo.Model;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.Pixels;
import dev.sampo.runtime.SessionConfig;
import java.nio.file.Path;

/**
 * unCLIP: a prior makes the CLIP embedding of a picture from text, a decoder draws the picture that has it. Ramesh et al. 2022,
 * arXiv:2204.06125; Kandinsky 2.2: Razzhigaev et al. 2023, arXiv:2310.03502.
 *
 * <p>Holds the graphs; thread-safe. Every call has its own buffers.
 */
public non-sealed interface UnClipPipeline extends Model {

  /**
   * Opens a folder of the folders {@code prior} and {@code decoder} in the layout of diffusers' Kandinsky 2.2.
   *
   * @throws dev.sampo.error.ModelException if the folder is no such model or its graphs do not fit their spec
   */
  static UnClipPipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a model with a configuration of its sessions, for instance on a GPU. */
  static UnClipPipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Opens a model whose folder was looked at before. */
  static UnClipPipeline open(ModelFolder folder, SessionConfig config) {
    return GraphUnClip.open(folder, config);
  }

  /**
   * Makes pictures of a request's prompts, or of its embeddings. One random stream goes through both stages.
   *
   * @throws dev.sampo.error.RequestException if the request does not go with the model: it names the option
   * @throws dev.sampo.error.CancelledException when cancelled; its partial is a {@link StagedResult} of the stages that were finished
   */
  StagedResult generate(StagedRequest request);

  /** The first stage alone: embeddings of pictures that the prompts describe, to be kept, mixed and given to a request. */
  Embeddings prior(StagedRequest request);

  /**
   * The embedding of a picture, for variations of it; CLIP's preparation, or what {@code prior/image_processor/preprocessor_config.json}
   * says.
   */
  Embeddings encode(Pixels picture);
}
