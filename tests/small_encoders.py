"""Small encoders of several architectures with tokenizers of their own, made in a second and saved to disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WINDOW = 64  # tokens that each takes at once
ARCHITECTURES = ("albert", "bart", "bert", "deberta-v2", "distilbert", "electra", "modernbert", "mpnet", "t5")


def save_small_encoder(kind: str, folder: Path, texts: Sequence[str], *, layers: int = 3) -> Path:
    """Train a tokenizer on some texts, make a random encoder for it, and save both."""
    import torch
    import transformers as hf

    tokenizer = _roberta_tokenizer(texts) if kind == "roberta" else _bert_tokenizer(texts)
    tokenizer.model_max_length = WINDOW
    common = {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id}
    heads = {"hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 64}
    sizes = {**common, **heads, "num_hidden_layers": layers, "max_position_embeddings": WINDOW}
    halves = {"encoder_attention_heads": 4, "decoder_attention_heads": 4, "decoder_layers": 1}
    relative = {"relative_attention": True, "pos_att_type": "c2p|p2c"}
    ends = {"bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3}
    config = {
        "albert": lambda: hf.AlbertConfig(**sizes, embedding_size=16),
        "bart": lambda: hf.BartConfig(
            **common, **halves, d_model=32, encoder_layers=layers, max_position_embeddings=WINDOW
        ),
        "bert": lambda: hf.BertConfig(**sizes),
        "deberta-v2": lambda: hf.DebertaV2Config(**sizes, **relative),
        "distilbert": lambda: hf.DistilBertConfig(
            **common, dim=32, n_layers=layers, n_heads=4, hidden_dim=64, max_position_embeddings=WINDOW
        ),
        "electra": lambda: hf.ElectraConfig(**sizes, embedding_size=16),
        "modernbert": lambda: hf.ModernBertConfig(**sizes, **ends),
        "mpnet": lambda: hf.MPNetConfig(**sizes | {"max_position_embeddings": WINDOW + 2}),
        "roberta": lambda: hf.RobertaConfig(**sizes | {"max_position_embeddings": WINDOW + 2}),
        "t5": lambda: hf.T5Config(**common, d_model=32, d_kv=8, d_ff=64, num_layers=layers, num_heads=4),
    }[kind]()
    torch.manual_seed(0)
    hf.AutoModel.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _bert_tokenizer(texts: Sequence[str]) -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
    from transformers import BertTokenizer

    pieces = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    pieces.normalizer = normalizers.BertNormalizer()
    pieces.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=400, special_tokens=special))
    return BertTokenizer(vocab=json.loads(pieces.to_str())["model"]["vocab"])


def _roberta_tokenizer(texts: Sequence[str]) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import RobertaTokenizer

    pieces = Tokenizer(models.BPE())
    pieces.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=special, initial_alphabet=alphabet)
    pieces.train_from_iterator(texts, trainer)
    model = json.loads(pieces.to_str())["model"]
    return RobertaTokenizer(vocab=model["vocab"], merges=[tuple(pair) for pair in model["merges"]])
