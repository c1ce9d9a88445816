// A Wallet Standard wallet for tests. Its key stays outside the page: signWithKey asks for a signature.
(() => {
  const { address, key, features } = window.TEST_WALLET;
  const bytes = (text) => new TextEncoder().encode(text);
  const sign = async (message) => new Uint8Array(await window.signWithKey(new TextDecoder().decode(message)));
  const chains = ["solana:mainnet"];
  const account = { address, publicKey: new Uint8Array(key), chains, features: [`solana:${features}`] };
  const text = (i) =>
    `${i.domain} wants you to sign in with your Solana account:\n${address}\n\n${i.statement}\n\nURI: ${i.uri}\n` +
    `Version: ${i.version}\nChain ID: ${i.chainId}\nNonce: ${i.nonce}\nIssued At: ${i.issuedAt}\nExpiration Time: ${i.expirationTime}`;
  const decline = async () => {
    throw Object.assign(new Error("User rejected the request."), { code: 4001 });
  };
  const signIn = async (input) => {
    const signedMessage = bytes(text(input));
    return [{ account, signedMessage, signature: await sign(signedMessage) }];
  };
  const signMessage = async ({ message }) => [{ signedMessage: message, signature: await sign(message) }];
  // Past the count of signatures and the one empty place for it: what is signed is the rest.
  const signTransaction = async ({ transaction }) => {
    if (window.TEST_WALLET.declines) await decline();
    const signedTransaction = new Uint8Array(transaction);
    signedTransaction.set(await window.signBytes([...transaction.slice(65)]), 1);
    if (window.TEST_WALLET.changes) signedTransaction[70] ^= 1;
    return [{ signedTransaction }];
  };
  const transactions = { version: "1.0.0", supportedTransactionVersions: ["legacy", 0], signTransaction };
  const cannot = async () => {
    throw Object.assign(new Error("This account is on a Ledger."), { code: -32603 });
  };
  const ways = {
    ledger: { "solana:signIn": { version: "1.0.0", signIn: cannot }, "solana:signTransaction": transactions },
    signTransaction: { "solana:signIn": { version: "1.0.0", signIn }, "solana:signTransaction": transactions },
    signIn: { "solana:signIn": { version: "1.0.0", signIn } },
    signMessage: { "solana:signMessage": { version: "1.1.0", signMessage } },
    declines: { "solana:signIn": { version: "1.0.0", signIn: decline } },
  };
  const connect = async () => ({ accounts: [account] });
  const icon = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=";
  const wallet = {
    version: "1.0.0", name: "Test Wallet", icon, chains, accounts: [],
    features: { "standard:connect": { version: "1.0.0", connect }, ...ways[features] },
  };
  const announce = ({ register }) => register(wallet);
  window.addEventListener("wallet-standard:app-ready", ({ detail }) => announce(detail));
  window.dispatchEvent(new CustomEvent("wallet-standard:register-wallet", { detail: announce }));
})();
