package dev.sampo.diffusion.staged;

import dev.sampo.Model;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import java.nio.file.Path;

/**
 * A cascade in pixel space: a small picture from text, then larger ones from it. Ho et al. 2021, arXiv:2106.15282; Saharia et al. 2022,
 * arXiv:2205.11487.
 *
 * <p>Memory of one stage at a time: a request loads the text encoder, then each stage's network, and frees it before the next one. Threads
 * may share a pipeline; each request loads its own.
 */
public non-sealed interface CascadePipeline extends Model {

  /**
   * Opens a folder of folders {@code stage_1}, {@code stage_2}, ... in the layout of diffusers' IF pipelines, or a {@code sampo.json} that
   * names their networks.
   *
   * @throws dev.sampo.error.ModelException if the folder is no cascade or its graphs do not fit their spec
   */
  static CascadePipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a model with a configuration of its sessions, for instance on a GPU. */
  static CascadePipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Opens a model whose folder was looked at before. */
  static CascadePipeline open(ModelFolder folder, SessionConfig config) {
    return GraphCascade.open(folder, config);
  }

  /** Number of stages. */
  int stageCount();

  /**
   * Makes pictures. Noise is drawn as diffusers draws it: a stage's start, from the second stage on the noise of the smaller picture, then
   * the scheduler's.
   *
   * @throws dev.sampo.error.RequestException if the request does not go with the model: it names the option
   * @throws dev.sampo.error.CancelledException when cancelled; its partial is a {@link StagedResult} of the stages that were finished
   */
  StagedResult generate(StagedRequest request);
}
