-- A music player, written by hand over the years: comments everywhere, types
-- that nobody else has, conflict clauses.
create table artist(
  id integer primary key, -- the tag's "artist", see scan.c
  name text not null unique on conflict ignore collate nocase,
  sort_name varchar(+80) /* (may be NULL: then name */ ,
  founded year
);
create table record -- an "album", but that is a keyword somewhere
(
  id integer primary key desc on conflict replace,
  artist int not null on conflict abort references artist, /* no columns: its key */
  title text not null on conflict fail default 'Untitled ''album''',
  released date null,
  gain decimal(+5, -2) default -6.5,
  flags integer default +3,
  cover blob default x'00',
  constraint one_title unique (artist, title) on conflict rollback
);
CREATE TABLE track
(
  id INTEGER NOT NULL CONSTRAINT track_key PRIMARY KEY ASC ON CONFLICT ABORT AUTOINCREMENT,
  record INTEGER CONSTRAINT of_record REFERENCES record (id) ON DELETE RESTRICT ON UPDATE CASCADE NOT DEFERRABLE,
  -- position on the record; 0 is the hidden one, isn't it
  pos INTEGER NOT NULL DEFAULT 0 CONSTRAINT "pos >= 0" CHECK (pos >= 0),
  title TEXT NOT NULL COLLATE NOCASE,
  seconds REAL CHECK (typeof(seconds) IN ('real', 'null')),
  year TINYINT(4),
  played INTEGER DEFAULT (0),
  rating,
  lyrics LONG VARCHAR,
  CONSTRAINT no_short CHECK (seconds IS NULL OR seconds > 1.5e-1)
  CONSTRAINT one_place UNIQUE (record, pos)
  CHECK (rating IS NULL OR rating BETWEEN 1 AND 5)
);
create table playlist(name text primary key, made default current_timestamp, smart text);
create table playlist_track(playlist references playlist on update cascade on delete cascade, track int not null references track(id) on delete cascade, pos int, primary key(playlist, pos)) without rowid;
create index track_by_title on track(title collate binary desc, year);
create unique index if not exists main.track_file on track(record, lower(trim(title)) collate nocase) where played is not null and title not like 'bonus\_%' escape '\';
create trigger scrobble after update of played on track for each row when new.played > old.played
begin
  -- what was played last comes first; a ';' does not end it
  insert into playlist_track select 'Recent', new.id, coalesce(max(pos), 0) + 1 from playlist_track where playlist = 'Recent' ;
  delete from playlist_track where playlist = 'Recent' and pos < (select max(pos) - 2 from playlist_track where playlist = 'Recent');
end;
create trigger no_rating_below before insert on track when new.rating < 1 begin select raise(ignore); end;
create view chart(rank, title, artist) as
  select row_number() over (order by t.played desc, t.id), t.title, a.name
  from track t join record r on r.id = t.record join artist a on a.id = r.artist where t.played > 0;
insert into artist values(1, 'The Band', null, 1967), (2, 'björk', 'Björk', '1977'), (3, 'Sigur Rós', null, 1994.0);
insert into record values(20, 1, 'The Band', '1969-09-22', 1.25, 3, x'0102'), (10, 2, 'Post', null, null, null, null), (30, 3, '( )', '2002', '-6', 7, '');
insert into track(id, record, pos, title, seconds, year, played, rating, lyrics) values(1, 20, 1, 'Across the Great Divide', 173.0, 1969, 5, 4, null), (2, 20, 2, 'Rag Mama Rag', 184.5, 1969, 2, 4.5, 'La la'), (7, 10, 1, 'Army of Me', null, 95, 9, 5, null), (8, 30, 0, 'Untitled', 400.0, null, 0, null, x'00');
insert into playlist values('Recent', '2024-01-01 10:00:00', null), ('Best', '2024-01-01 10:00:01', 'rating > 3');
insert into playlist_track values('Recent', 1, 1), ('Recent', 2, 2), ('Recent', 7, 3), ('Best', 7, 1);
update track set played = played + 1 where id = 2;
