-- A point of sale from 2006: texts in double quotes wherever SQLite lets them
-- pass, in CHECK, DEFAULT, triggers, views and indexes.
CREATE TABLE Kunde (
  KundeNr INTEGER PRIMARY KEY,
  Name TEXT DEFAULT "unbekannt" NOT NULL,
  Art TEXT DEFAULT "privat" CHECK (Art IN ("privat", "firma", "it's")),
  Ort VARCHAR(40) DEFAULT "",
  Status CHAR(1) DEFAULT "a",
  Seit DATE DEFAULT "2006-01-01"
);
CREATE TABLE Bon (
  BonNr INTEGER PRIMARY KEY,
  Kunde INTEGER REFERENCES Kunde(KundeNr),
  Art TEXT NOT NULL DEFAULT "bar",
  Betrag NUMERIC(10,2) DEFAULT "0",
  Storno TEXT DEFAULT "nein" CONSTRAINT storno_ok CHECK (Storno = "ja" OR Storno = "nein"),
  CHECK (Art <> "kredit" OR Kunde IS NOT NULL)
);
CREATE TABLE Protokoll (Zeit INTEGER, Text TEXT);
CREATE INDEX Bon_offen ON Bon (Kunde) WHERE Storno = "nein";
CREATE INDEX Kunde_suche ON Kunde (lower(Name || " / " || Ort));
CREATE UNIQUE INDEX Kunde_firma ON Kunde ("Name") WHERE Art = "firma" AND Status <> "x";
CREATE TRIGGER Bon_neu AFTER INSERT ON Bon WHEN new.Art = "bar" BEGIN
  INSERT INTO Protokoll VALUES (new.BonNr, "neu: " || new.Art || " " || new.Betrag);
  UPDATE Kunde SET Status = "k" WHERE KundeNr = new.Kunde AND Status = "a";
END;
CREATE TRIGGER Bon_storno AFTER UPDATE OF Storno ON Bon WHEN old.Storno = "nein" AND new.Storno = "ja" BEGIN
  INSERT INTO Protokoll SELECT new.BonNr, CASE WHEN new.Betrag > 100 THEN "gross" ELSE "klein" END;
END;
CREATE TRIGGER Kunde_bleibt BEFORE DELETE ON Kunde WHEN old.Status <> "x" BEGIN SELECT RAISE(ABORT, "Kunde bleibt"); END;
CREATE VIEW Offen AS SELECT BonNr, "offen" AS Lage, Betrag || " EUR" AS Summe FROM Bon WHERE Storno = "nein";
CREATE VIEW Firmen (Name, Art) AS SELECT Name, "firma" FROM Kunde WHERE Art = "firma" GROUP BY Name HAVING max(Status) <> "zz" ORDER BY coalesce(Ort, "-");
INSERT INTO Kunde VALUES (1, 'Maier', 'privat', 'Ulm', 'a', '2006-05-01'), (2, 'Huber KG', 'firma', '', 'a', '2007-01-01'), (5, "Name", "it's", NULL, 'x', NULL);
INSERT INTO Bon(BonNr, Kunde, Art, Betrag) VALUES (1, 1, 'bar', 12.5), (2, 2, 'kredit', 250), (3, NULL, 'bar', '7,50');
UPDATE Bon SET Storno = 'ja' WHERE BonNr = 2;
