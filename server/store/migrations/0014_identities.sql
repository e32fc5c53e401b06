-- By whom people sign in elsewhere: an issuer of OpenID Connect and its name for the person.
CREATE TABLE identities (
  issuer {ctext} NOT NULL,
  subject {ctext} NOT NULL,
  user_id {ctext} NOT NULL REFERENCES users(id),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_by_user ON identities (user_id);
