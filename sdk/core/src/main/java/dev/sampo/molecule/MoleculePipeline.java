package dev.sampo.molecule;

import dev.sampo.Model;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import java.nio.file.Path;
import java.util.List;

/**
 * Molecules as SMILES from a variational autoencoder (Gomez-Bombarelli et al. 2018, arXiv:1610.02415): sampled, encoded, decoded, mixed, held
 * to closed rings and valences by {@link SmilesRules}.
 *
 * <p>Latents come from {@code torch.randn(count, size)} after {@code torch.manual_seed(seed)}; each token draws {@code torch.rand(count)} in
 * doubles. A valid molecule need not be stable or makeable.
 */
public non-sealed interface MoleculePipeline extends Model {
  /**
   * Opens a folder with default settings.
   *
   * @throws dev.sampo.error.ModelException when it makes no molecules or its files do not fit; the message says what differs
   */
  static MoleculePipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a folder with settings of its sessions. */
  static MoleculePipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graphs of an opened folder. */
  static MoleculePipeline open(ModelFolder folder, SessionConfig config) {
    return OnnxMolecules.open(folder, config);
  }

  /** Values of a latent. */
  int latentSize();

  /**
   * Makes molecules; progress counts tokens.
   *
   * @throws dev.sampo.error.RequestException when the request does not go with the model
   * @throws dev.sampo.error.CancelledException when cancelled; its partial is a {@link MoleculeResult} of the tokens written by then
   */
  MoleculeResult sample(MoleculeRequest request);

  /**
   * Means of the latents of molecules, {@code [molecules][size]}.
   *
   * @throws dev.sampo.error.RequestException when the model has no encoder or does not know a token
   */
  float[][] encode(List<String> smiles);

  /**
   * The way from one molecule to another: the likeliest molecules along the straight line between their means, both ends included.
   *
   * @param steps molecules, 2 or more
   */
  MoleculeResult interpolate(String from, String to, int steps);

  /** The known molecules most like one, the likest first; empty for a model that lists none. */
  List<KnownMolecule> nearest(String smiles, int count);

  /**
   * The SMILES of a known molecule.
   *
   * @throws dev.sampo.error.RequestException when none has that name
   */
  String known(String name);
}
